-- What the platform's tables are on PostgreSQL, as of this release: docs/schema.md says what to do
-- when an update changes this file. Columns of your own in app/db/models/mixins.py are not in it.

CREATE TABLE audit_events (
    tenant_id UUID NOT NULL,
    event VARCHAR(64) NOT NULL,
    actor_id UUID,
    target_id UUID,
    address VARCHAR(50),
    request_id VARCHAR(64),
    request_id_from_client BOOLEAN NOT NULL,
    details JSON NOT NULL,
    id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_audit_events PRIMARY KEY (tenant_id, id)
);

CREATE INDEX ix_audit_events_page ON audit_events (tenant_id, created_at, id);

ALTER TABLE audit_events ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_events FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_isolation ON audit_events
USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));

CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE insufficient_privilege USING MESSAGE = TG_TABLE_NAME || ' is append-only:'
        ' docs/schema.md says who deletes old rows, and how tests empty the table';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_events
FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON audit_events
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE tenants (
    name VARCHAR(100) NOT NULL,
    version INTEGER DEFAULT '1' NOT NULL,
    id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_tenants PRIMARY KEY (id)
);

CREATE TABLE users (
    email VARCHAR(320) NOT NULL,
    name VARCHAR(100) NOT NULL,
    password_hash VARCHAR(255) NOT NULL,
    is_platform_admin BOOLEAN NOT NULL,
    verified_at TIMESTAMP WITH TIME ZONE,
    disabled_at TIMESTAMP WITH TIME ZONE,
    id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_users PRIMARY KEY (id),
    CONSTRAINT uq_users_email UNIQUE (email)
);

CREATE TABLE idempotency_keys (
    tenant_id UUID NOT NULL,
    actor_id UUID NOT NULL,
    route VARCHAR(255) NOT NULL,
    key VARCHAR(255) NOT NULL,
    request_hash VARCHAR(64) NOT NULL,
    status INTEGER NOT NULL,
    headers JSON NOT NULL,
    body TEXT NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_idempotency_keys PRIMARY KEY (tenant_id, id),
    CONSTRAINT uq_idempotency_keys_tenant_id_actor_id_route_key UNIQUE (tenant_id, actor_id, route, key),
    CONSTRAINT fk_idempotency_keys_tenant_id_tenants FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE INDEX ix_idempotency_keys_expires_at ON idempotency_keys (expires_at);

ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_isolation ON idempotency_keys
USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));

CREATE TABLE invitations (
    tenant_id UUID NOT NULL,
    email VARCHAR(320) NOT NULL,
    role VARCHAR(16) NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    invited_by UUID NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_invitations PRIMARY KEY (id),
    CONSTRAINT uq_invitations_tenant_id_email UNIQUE (tenant_id, email),
    CONSTRAINT fk_invitations_tenant_id_tenants FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE,
    CONSTRAINT uq_invitations_fingerprint UNIQUE (fingerprint),
    CONSTRAINT fk_invitations_invited_by_users FOREIGN KEY(invited_by) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_invitations_expires_at ON invitations (expires_at);

CREATE INDEX ix_invitations_invited_by ON invitations (invited_by);

CREATE TABLE memberships (
    user_id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    role VARCHAR(16) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_memberships PRIMARY KEY (user_id, tenant_id),
    CONSTRAINT fk_memberships_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_memberships_tenant_id_tenants FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE INDEX ix_memberships_tenant_id ON memberships (tenant_id);

CREATE TABLE one_time_tokens (
    user_id UUID NOT NULL,
    purpose VARCHAR(32) NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_one_time_tokens PRIMARY KEY (id),
    CONSTRAINT fk_one_time_tokens_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_one_time_tokens_fingerprint UNIQUE (fingerprint)
);

CREATE INDEX ix_one_time_tokens_expires_at ON one_time_tokens (expires_at);

CREATE INDEX ix_one_time_tokens_user_id ON one_time_tokens (user_id);

CREATE TABLE sessions (
    user_id UUID NOT NULL,
    tenant_id UUID,
    family VARCHAR(64) NOT NULL,
    current VARCHAR(64) NOT NULL,
    previous VARCHAR(64),
    salt VARCHAR(43),
    address VARCHAR(50),
    user_agent VARCHAR(200) NOT NULL,
    last_used_at TIMESTAMP WITH TIME ZONE NOT NULL,
    idle_expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_sessions PRIMARY KEY (id),
    CONSTRAINT fk_sessions_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_sessions_tenant_id_tenants FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE SET NULL,
    CONSTRAINT uq_sessions_family UNIQUE (family)
);

CREATE INDEX ix_sessions_expires_at ON sessions (expires_at);

CREATE INDEX ix_sessions_tenant_id ON sessions (tenant_id);

CREATE INDEX ix_sessions_user_id ON sessions (user_id);

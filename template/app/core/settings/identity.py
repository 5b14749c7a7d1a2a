"""Users: sessions, passwords and who may make an account."""

from pydantic import Field

from app.core.settings.group import SettingsGroup
from app.core.settings.legacy_passwords import LegacySchemes
from app.core.settings.types import Count, LifetimeSeconds


class IdentitySettings(SettingsGroup):
    session_ttl: LifetimeSeconds = 2_592_000
    session_idle_ttl: LifetimeSeconds = 1_209_600
    session_retention: int = Field(default=7_776_000, ge=0, le=3_153_600_000)
    unverified_user_retention: int = Field(default=2_592_000, ge=86_400, le=3_153_600_000)
    refresh_grace_seconds: int = Field(default=5, ge=0, le=60)
    registration_enabled: bool = True
    require_verified_email: bool | None = None
    tenants_per_user: Count = 20
    invitations_per_hour: Count = 50
    password_min_length: int = Field(default=15, ge=8, le=64)
    password_hash_workers: Count = 2
    legacy_password_schemes: LegacySchemes = ()
    sign_in_free_attempts: Count = 5
    sign_in_free_attempts_per_address: Count = 50

    @property
    def requires_verified_email(self) -> bool:
        """Whether signing in waits for a confirmed address: in production, unless told otherwise."""
        if self.require_verified_email is None:
            return self.is_production
        return self.require_verified_email

"""Users: sessions, passwords and who may make an account."""

from pydantic import Field

from app.core.settings.group import SettingsGroup


class IdentitySettings(SettingsGroup):
    session_ttl: int = Field(default=2_592_000, ge=1)
    session_idle_ttl: int = Field(default=1_209_600, ge=1)
    session_retention: int = Field(default=7_776_000, ge=0)
    refresh_grace_seconds: int = Field(default=5, ge=0, le=60)
    registration_enabled: bool = True
    require_verified_email: bool | None = None
    password_min_length: int = Field(default=15, ge=8, le=64)
    password_hash_workers: int = Field(default=2, ge=1)
    sign_in_free_attempts: int = Field(default=5, ge=1)
    sign_in_free_attempts_per_address: int = Field(default=50, ge=1)

    @property
    def requires_verified_email(self) -> bool:
        """Whether signing in waits for a confirmed address: in production, unless told otherwise."""
        if self.require_verified_email is None:
            return self.is_production
        return self.require_verified_email

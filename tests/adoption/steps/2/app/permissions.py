"""The permissions of this service's own routes, and the roles that have them."""

from app.core.principal import Permissions

permissions = Permissions()

"""The permissions of this service's own routes, and the roles that have them."""

from app.core.principal import Permissions

permissions = Permissions(
    public=[
        "GET /healthz",
        "POST /login",
        # They authenticate by themselves until step 6.
        "GET /me",
        "GET /labels",
        "POST /labels",
        "GET /notes",
        "POST /notes",
        "GET /notes/{note_id}",
        "DELETE /notes/{note_id}",
    ],
)

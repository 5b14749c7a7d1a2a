"""Every table of the service, so that the metadata is whole: the platform's, then the team's."""

from app.db.models import platform

__all__ = [
    "platform",
]

"""Every table of the service, so that the metadata is whole: the platform's, then the team's."""

from app.db.models import platform
from app.db.models.label import Label
from app.db.models.note import Note

__all__ = [
    "Label",
    "Note",
    "platform",
]

"""What this service adds to the platform: app/extension_points.py explains each field."""

from app.extension_points import Extensions
from app.services import items

extensions = Extensions(
    seeders=[items.seed_items],
)

"""What this service adds to the platform: app/extension_points.py explains each field."""

from app.extension_points import Extensions
from app.services.seeding.items import seed_items

extensions = Extensions(
    seeders=[
        seed_items,
    ],
)

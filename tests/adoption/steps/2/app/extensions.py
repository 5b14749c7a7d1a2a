"""What this service adds to the platform: app/extension_points.py explains each field."""

from app.extension_points import Extensions

extensions = Extensions()

"""Fixtures of this service's own tests; the platform's are in tests/platform/fixtures.py."""

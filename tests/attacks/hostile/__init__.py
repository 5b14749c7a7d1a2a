"""Hostile requests, byte for byte, and the status of each response."""

"""Requests that no client of good will sends, byte for byte, and what each is answered."""

"""Releases: publish runs as one, and verify what was published."""

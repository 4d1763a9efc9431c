"""Audits of event streams and snapshots, independent of the core."""

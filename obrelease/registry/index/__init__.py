"""The registry's index: a SQLite file derived from the folders; it may be deleted."""

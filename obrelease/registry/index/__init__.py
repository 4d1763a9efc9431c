"""The registry's index: a SQLite file derived from the folders, free to be deleted."""

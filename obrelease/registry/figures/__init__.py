"""Figures of runs by digest: a table in the user's cache, derived from the runs, which may be deleted."""

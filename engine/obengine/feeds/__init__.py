"""Market data files into commands."""

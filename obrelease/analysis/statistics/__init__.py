"""Statistical tests, resampling and their seeded random streams."""

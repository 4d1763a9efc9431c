"""Static pages of a registry: overview, histories and runs; the same bytes for the same runs."""

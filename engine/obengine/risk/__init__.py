"""Risk limits over a stream of events, and a synthetic market maker."""

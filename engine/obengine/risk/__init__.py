"""Risk limits over a stream of events, and a market maker to try them on."""

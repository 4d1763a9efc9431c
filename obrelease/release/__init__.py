"""The release pipeline: one ordered tuple of small steps, run by one loop."""

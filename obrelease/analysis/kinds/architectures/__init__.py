"""Architecture runs: one job done by several divisions of the work."""

"""The world beyond our disk: forges and git. Speaks str and Path."""

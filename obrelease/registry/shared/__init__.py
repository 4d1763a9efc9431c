"""Runs in a registry that many machines share."""

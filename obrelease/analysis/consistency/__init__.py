"""Checks that the derived numbers of a run follow from its raw data."""

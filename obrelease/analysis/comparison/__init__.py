"""Comparison of two sets of runs, and the regression gate built on it."""

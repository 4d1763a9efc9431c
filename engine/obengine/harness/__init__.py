"""Deterministic measurements of the engine: workloads, timed passes, checks."""

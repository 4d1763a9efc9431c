"""Deterministic measurement of the engine: workloads, passes, checks."""

"""Stress runs: an open loop at several scales, and a sweep over the offered load."""

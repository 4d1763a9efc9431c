"""Bench and replay runs: repeated passes over one workload, and a histogram of single messages."""

"""Sweeps: a grid of measurements, divided among processes and machines, each cell measured once."""

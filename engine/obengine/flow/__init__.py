"""Seeded order flow: commands from a seed, the same on every machine."""

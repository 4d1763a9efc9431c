"""Seeded order flow: commands from a seed, identical on every machine."""

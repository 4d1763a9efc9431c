"""A deterministic price-time-priority order book, its feeds and its measurement harness.

NumPy is the only dependency. Commands go in and events come out as NumPy structured arrays
whose bytes are documented in :mod:`obengine.api.messages`.
"""

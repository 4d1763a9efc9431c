"""Readers of market data files; they give commands."""

"""Strategies beside recorded market data: their orders are shadows in the recorded book."""

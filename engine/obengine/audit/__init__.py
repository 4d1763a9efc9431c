"""Audits of event streams and books, independent of the core that gave them."""

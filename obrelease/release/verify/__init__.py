"""Verification of a release: its files, tag, signatures, policy and page."""

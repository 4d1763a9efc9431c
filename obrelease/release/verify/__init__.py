"""Verifying: files, tag, signatures, policy and page of a release."""

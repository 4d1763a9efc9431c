"""Signatures: SSH signatures by the user's own `ssh-keygen`, and the DSSE envelope around a statement."""

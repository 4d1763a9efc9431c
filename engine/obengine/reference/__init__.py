"""The reference core: SPECIFICATION.md as a plain Python program, one subject per file."""

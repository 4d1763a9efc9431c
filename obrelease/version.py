"""The version of the program, the same as in `pyproject.toml`; a test compares them.

A constant, because looking it up in the metadata of the installed distribution takes longer than starting
Python.
"""

VERSION = "0.9.0b0"

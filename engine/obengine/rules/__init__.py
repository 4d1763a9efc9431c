"""The rules of SPECIFICATION.md as a program, one subject a file; `obengine.reference` runs them."""

"""Python access to the compiled core."""

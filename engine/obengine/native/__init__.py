"""Python interface of the native core."""

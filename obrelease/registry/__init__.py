"""The registry: write-once runs named by digest, pins, and an index that can be deleted."""

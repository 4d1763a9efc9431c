"""The results folder: write-once runs named by digest, and an index that can be thrown away."""

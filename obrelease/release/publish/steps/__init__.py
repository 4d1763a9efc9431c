"""The steps of a release, one file each; no step imports another."""

"""The steps of the release pipeline, one file each; no step imports another."""

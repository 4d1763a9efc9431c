"""Files on disk: reading, hashing, syncing, temporary folders, workers."""

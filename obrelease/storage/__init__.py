"""Files on disk: reading, hashing, durable writing, temporary folders, parallel work."""

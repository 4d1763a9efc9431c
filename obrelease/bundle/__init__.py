"""The release archive: written the same way everywhere, read with suspicion."""

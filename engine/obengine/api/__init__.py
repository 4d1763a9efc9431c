"""The engine's vocabulary: messages and their bytes, the book protocol, snapshots, errors."""

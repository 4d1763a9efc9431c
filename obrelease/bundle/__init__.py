"""The release archive: deterministic writer, strict reader, checksums, signatures."""

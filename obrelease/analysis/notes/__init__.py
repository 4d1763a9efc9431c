"""Release notes in Markdown."""

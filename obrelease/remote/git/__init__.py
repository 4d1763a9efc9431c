"""The project's git repository, and how git is run."""

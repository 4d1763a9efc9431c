"""The git repository of a project, and the safe environment that git runs in."""

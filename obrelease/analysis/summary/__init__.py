"""The figures of one run, derived from its artefact."""

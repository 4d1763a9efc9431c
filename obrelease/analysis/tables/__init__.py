"""The CSV tables of an artefact, one file a kind of run."""

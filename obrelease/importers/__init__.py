"""Results of other benchmark tools as artefacts: one file a format, listed in `formats`."""

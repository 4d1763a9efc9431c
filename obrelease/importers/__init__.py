"""Results of other benchmark tools as artefacts: one file per format, listed in `formats`."""

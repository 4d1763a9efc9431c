"""Other programs' results as artefacts: what they measured, in our units, with their own bytes."""

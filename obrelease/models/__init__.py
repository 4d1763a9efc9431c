"""What an artefact is, and its exact bytes."""

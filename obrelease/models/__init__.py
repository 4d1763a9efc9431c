"""Documents: artefact, manifest, plan, provenance and policies, with their validation."""

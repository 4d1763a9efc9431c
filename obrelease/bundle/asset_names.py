"""Names of the files of a release."""

from __future__ import annotations

from typing import Final

from obrelease.models.version_tag import Tag

MANIFEST_NAME: Final = "manifest.json"
NOTES_NAME: Final = "NOTES.md"
RESULTS_FOLDER: Final = "results"
SIGNATURE_NAME: Final = "SHA256SUMS.sig"
PROVENANCE_NAME: Final = "provenance.dsse.json"
PERFORMANCE_NAME: Final = "performance.dsse.json"
"""The signed result of a gate, if the project attaches one to its release."""

SIGSTORE_NAME: Final = "SHA256SUMS.sigstore.json"
SIGSTORE_LINES_NAME: Final = "SHA256SUMS.sigstore.jsonl"
SIGSTORE_NAMES: Final = (SIGSTORE_NAME, SIGSTORE_LINES_NAME)
"""Sigstore bundles: one, or one per line. They are made after a release and are no part of it."""


def top_folder(project: str, tag: str) -> str:
    """The folder that the bundle unpacks into: the project and the version, without the tag's prefix."""
    return f"{project}-{Tag.parse(tag).file_stem}"


def bundle_name(project: str, tag: str) -> str:
    """The bundle's file name."""
    return f"{top_folder(project, tag)}.tar.gz"

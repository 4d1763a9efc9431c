"""Names of the files of a release."""

from __future__ import annotations

from typing import Final

MANIFEST_NAME: Final = "manifest.json"
NOTES_NAME: Final = "NOTES.md"
RESULTS_FOLDER: Final = "results"
SIGNATURE_NAME: Final = "SHA256SUMS.sig"
PROVENANCE_NAME: Final = "provenance.dsse.json"


def top_folder(project: str, tag: str) -> str:
    """The folder that the bundle unpacks into."""
    return f"{project}-{tag}"


def bundle_name(project: str, tag: str) -> str:
    """The bundle's file name."""
    return f"{top_folder(project, tag)}.tar.gz"

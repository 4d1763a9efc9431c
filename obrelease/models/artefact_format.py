"""What is the same in every artefact, for those who read no more than that: loading this loads no model."""

from __future__ import annotations

from typing import Final

ARTEFACT_VERSION: Final = 2
"""The version that is written; `models.artefact` has the history."""

ENVELOPE_NAME: Final = "artefact.json"
"""The envelope's file name in the artefact's folder; no listed file may have it."""

UNKNOWN: Final = "unknown"
"""A stable fact that is not known; it is not equal to anything, not even to itself."""

MAX_SAFE_INTEGER: Final = 2**53 - 1
"""The largest integer that RFC 8785 (through ECMAScript numbers) keeps exact."""

PROGRAM: Final = "obrelease"
"""The producer that this program writes into the envelopes of its own kinds."""

IMPORT_COMMAND: Final = (PROGRAM, "import")
"""How the command of a run begins that was imported from a file of another tool, which the run keeps."""

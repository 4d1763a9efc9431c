"""What is the same in every artefact, for those who read no more than that: loading this loads no model."""

from __future__ import annotations

from collections.abc import Sequence
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

MEASURE_COMMAND: Final = (PROGRAM, "measure")
"""How the command of a run begins that was measured by this program: its process is a run of its own."""

COMMANDS_WITH_ORIGINALS: Final = (IMPORT_COMMAND, MEASURE_COMMAND)
"""How the commands begin of runs that may keep the file of another tool, from which their numbers come."""


def format_of_command(command: Sequence[str]) -> str | None:
    """The format of results that the command of a measured run names; None if it names none."""
    begun = tuple(command[len(MEASURE_COMMAND) :])
    return begun[1] if begun[:1] == ("--format",) and len(begun) > 1 else None

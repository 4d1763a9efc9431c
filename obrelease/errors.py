"""All errors that a user can meet, each with its exit code and a hint."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """Exit codes of the program. The table in docs/commands.md is checked against this."""

    OK = 0
    CHECK_FAILED = 1
    USAGE = 2
    INCONCLUSIVE = 3
    INVALID_INPUT = 4
    INTEGRITY = 5
    NOT_FOUND = 6
    CONFLICT = 7
    REMOTE = 8
    STORAGE = 9
    NOT_REPRODUCED = 10
    INTERNAL = 70
    INTERRUPTED = 130


class ObreleaseError(Exception):
    """Base class of all errors that this program raises on purpose.

    Args:
        message: what is wrong, in one sentence that names the file and the place.
        hint: what the user can do, or None.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.CHECK_FAILED

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class CheckFailed(ObreleaseError):
    """A requested check ran and failed."""


class UsageError(ObreleaseError):
    """The command, its options or its settings are not valid."""

    exit_code = ExitCode.USAGE


class Inconclusive(ObreleaseError):
    """There is not enough data to decide."""

    exit_code = ExitCode.INCONCLUSIVE


class InvalidInput(ObreleaseError):
    """A document, a data file or an archive is malformed."""

    exit_code = ExitCode.INVALID_INPUT


class IncompleteInput(InvalidInput):
    """A document ends before it is complete."""


class MeasurementFailed(InvalidInput):
    """A benchmark or its build failed, so there are no results to read."""


class ProcessKilled(MeasurementFailed):
    """A measured process was killed from outside, so its measurement says nothing about it."""


class IntegrityError(ObreleaseError):
    """Bytes do not have the expected digest."""

    exit_code = ExitCode.INTEGRITY


class NotFound(ObreleaseError):
    """A name matches nothing, or more than one thing."""

    exit_code = ExitCode.NOT_FOUND


class Conflict(ObreleaseError):
    """The name of a tag, a release or a run is used by something else."""

    exit_code = ExitCode.CONFLICT


class RemoteError(ObreleaseError):
    """A forge or a git remote refused, failed or sent an invalid answer."""

    exit_code = ExitCode.REMOTE


class StorageError(ObreleaseError):
    """The operating system refused to read or write: disk full, read-only, or permission denied."""

    exit_code = ExitCode.STORAGE


class NotReproduced(ObreleaseError):
    """A deterministic workload did not give the expected digest."""

    exit_code = ExitCode.NOT_REPRODUCED

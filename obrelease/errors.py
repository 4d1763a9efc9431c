"""The one error tree: every failure that a user can meet, its exit code and its mend."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What the process says to the shell. The README's table is checked against this."""

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
    """Root of all errors that this program raises on purpose.

    Args:
        message: what is wrong, in one sentence that names the file and the place.
        hint: what the user can do about it, or None where nothing can be said.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.CHECK_FAILED

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class CheckFailed(ObreleaseError):
    """A check that was asked for ran, and its answer is no."""


class UsageError(ObreleaseError):
    """The command, its options or its settings do not make sense."""

    exit_code = ExitCode.USAGE


class Inconclusive(ObreleaseError):
    """The data at hand cannot answer the question."""

    exit_code = ExitCode.INCONCLUSIVE


class InvalidInput(ObreleaseError):
    """A document, a data file or an archive is malformed."""

    exit_code = ExitCode.INVALID_INPUT


class IntegrityError(ObreleaseError):
    """Bytes are not the bytes that their digest names."""

    exit_code = ExitCode.INTEGRITY


class NotFound(ObreleaseError):
    """Nothing, or more than one thing, answers to the name."""

    exit_code = ExitCode.NOT_FOUND


class Conflict(ObreleaseError):
    """The name is taken by something else: a tag, a release, a run."""

    exit_code = ExitCode.CONFLICT


class RemoteError(ObreleaseError):
    """A forge or a git remote refused, failed or answered nonsense."""

    exit_code = ExitCode.REMOTE


class StorageError(ObreleaseError):
    """The disk refused: full, read-only, or not permitted."""

    exit_code = ExitCode.STORAGE


class NotReproduced(ObreleaseError):
    """A deterministic workload did not give the digest that it must give."""

    exit_code = ExitCode.NOT_REPRODUCED

"""The errors of the engine; all derive from EngineError."""

from __future__ import annotations


class EngineError(Exception):
    """Base class of all errors that the engine raises deliberately."""


class BatchError(EngineError):
    """A command array has the wrong dtype, shape or memory layout; no command was applied."""


class SymbolError(EngineError):
    """A symbol index, or a number of symbols, is out of range."""


class SnapshotError(EngineError):
    """A snapshot breaks a rule of the specification; the message names the record and the rule."""


class CoreUnavailable(EngineError):
    """The requested core is not in this installation; the message gives the reason."""


class FeedError(EngineError):
    """A market data file is malformed.

    Attributes:
        file: the file as the user named it; `archive!member` for a member of an archive.
        line: 1-based line (or frame) number; None for errors of the whole file.
        column: 1-based field number; None for errors of the whole row.
        value: the invalid text, or None.
    """

    def __init__(
        self, reason: str, *, file: str, line: int | None, column: int | None, value: str | None
    ) -> None:
        place = ":".join(str(part) for part in (file, line, column) if part is not None)
        super().__init__(f"{place}: {reason}" if value is None else f"{place}: {reason}: {value!r}")
        self.reason, self.file, self.line, self.column, self.value = reason, file, line, column, value


class NotInFeed(FeedError):
    """A market data file is sound, but has no such day or symbol as was chosen; the message lists some."""


class TapeError(EngineError):
    """A tape is truncated, altered, unreadable or of a newer format."""


class LimitsError(EngineError):
    """A risk limits file is unreadable or invalid; the message gives the place in the file."""


class WorkloadError(EngineError):
    """A workload cannot be run: unknown scenario, or a number out of range."""


class StrategyFailed(EngineError):
    """A strategy raised an exception; the message has its type, its text and the line."""


class WorkerFailed(EngineError):
    """A worker process of a timed pass ended without a result; the message has its last line of stderr."""


class DigestMismatch(EngineError):
    """Two passes of one deterministic workload gave different events or states."""

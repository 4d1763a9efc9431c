"""The engine's own error tree; an embedding program translates it at its door."""

from __future__ import annotations


class EngineError(Exception):
    """Root of every error that the engine raises on purpose."""


class BatchError(EngineError):
    """A command array has the wrong dtype, shape, order or writability; nothing was processed."""


class SymbolError(EngineError):
    """A number of symbols, or the index of one, is outside the engine's range."""


class SnapshotError(EngineError):
    """A snapshot is not one that a book can have given; the message names the record and the rule."""


class CoreUnavailable(EngineError):
    """The core that was asked for is not in this installation; the message says why."""


class FeedError(EngineError):
    """A market data file is malformed.

    Attributes:
        file: the file as the user named it; `archive!member` for one within an archive.
        line: 1-based line (or frame) number, or None where the file as a whole is at fault.
        column: 1-based field number, or None where the whole row is at fault.
        value: the offending text, or None where the reason says all.
    """

    def __init__(
        self, reason: str, *, file: str, line: int | None, column: int | None, value: str | None
    ) -> None:
        place = ":".join(str(part) for part in (file, line, column) if part is not None)
        super().__init__(f"{place}: {reason}" if value is None else f"{place}: {reason}: {value!r}")
        self.reason, self.file, self.line, self.column, self.value = reason, file, line, column, value


class TapeError(EngineError):
    """A tape is truncated, altered or of a newer format."""


class DigestMismatch(EngineError):
    """Two passes of one deterministic workload gave different events."""

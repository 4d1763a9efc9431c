"""How a command line ends: one JSON document at most, one exit code, and words for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from obrelease.cli.console.signals import LINE
from obrelease.cli.console.stdio import put, say
from obrelease.errors import ExitCode, ObreleaseError, StorageError
from obrelease.models.finding import printable

_REPORT: Final = "report it with the lines above; the command can be run again, it goes on where it stopped"


def shown(text: str) -> str:
    """Text for a terminal: whatever a file or a forge put into it, no escape sequence reaches the screen."""
    return "\n".join(printable(line) for line in text.split("\n"))


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a command line did not do what it was asked.

    Attributes:
        message, hint: as in the error tree.
        words: for people, in place of `error: ...` and `hint: ...`; None for those.
    """

    code: ExitCode
    message: str
    hint: str | None = None
    words: str | None = None

    @classmethod
    def of(cls, error: ObreleaseError) -> Failure:
        """The failure that an error of the tree is."""
        return cls(error.exit_code, error.message, error.hint)

    @classmethod
    def of_fault(cls, error: Exception) -> Failure:
        """The failure that an exception is which nobody foresaw; people are shown where it was raised."""
        from traceback import format_exception

        message = f"a fault of obrelease itself: {type(error).__name__}: {error}".removesuffix(": ")
        trace = "".join(format_exception(error)).rstrip("\n")
        words = f"{trace}\n\nerror: {message}\nhint: {_REPORT}"
        return cls(ExitCode.INTERNAL, message, _REPORT, words)

    def tell(self) -> None:
        """Say it on stderr."""
        if self.words is not None:
            say(shown(self.words))
            return
        say(f"error: {shown(self.message)}")
        if self.hint:
            say(f"hint: {shown(self.hint)}")

    def as_json(self) -> dict[str, Any]:
        """The document that stands for a result that never came."""
        told = {"code": int(self.code), "name": self.code.name, "message": self.message, "hint": self.hint}
        return {"error": told}


INTERRUPTED: Final = Failure(ExitCode.INTERRUPTED, LINE, words=LINE)


@dataclass(slots=True)
class Reply:
    """What one command line is asked to say and has to say.

    Under `--json` the result is held back until the command has ended, so that exactly one document
    is printed: the result where there is one, even of a command that fails, else the failure.

    Attributes:
        json, quiet, verbose: what stood before the command's name.
    """

    json: bool = False
    quiet: bool = False
    verbose: int = 0
    _document: Mapping[str, Any] | Sequence[Any] | None = None

    def hold(self, document: Mapping[str, Any] | Sequence[Any]) -> None:
        """Keep the result for the end."""
        self._document = document

    def end(self, failure: Failure | None) -> int:
        """Tell the failure, print the document, and give the exit code."""
        if failure is not None:
            failure.tell()
            if self.json and self._document is None:
                self._document = failure.as_json()
        try:
            if self._document is not None:
                import json

                put(json.dumps(self._document, indent=2, sort_keys=True, ensure_ascii=True) + "\n")
        except StorageError as error:
            refused = Failure.of(error)
            refused.tell()
            failure = failure or refused
        return ExitCode.OK if failure is None else failure.code

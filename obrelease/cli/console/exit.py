"""How a command line ends: at most one JSON document, one exit code, and a message for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from obrelease.cli.console.color import ColorChoice
from obrelease.cli.console.message import print_message
from obrelease.cli.console.printable_lines import printable_lines
from obrelease.cli.console.signals import LINE
from obrelease.cli.console.stdio import write_stderr, write_stdout
from obrelease.errors import ExitCode, ObreleaseError, StorageError

_REPORT: Final = "report it with the lines above; the command can be run again and continues where it stopped"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a command line failed.

    Attributes:
        message, hint: as in the error tree.
        text: printed in place of `error: ...` and `hint: ...`; None for those.
    """

    code: ExitCode
    message: str
    hint: str | None = None
    text: str | None = None

    @classmethod
    def from_error(cls, error: ObreleaseError) -> Failure:
        """The failure of an expected error."""
        return cls(error.exit_code, error.message, error.hint)

    @classmethod
    def from_bug(cls, error: Exception) -> Failure:
        """The failure of an unexpected exception, with its traceback."""
        from traceback import format_exception

        message = f"internal error: {type(error).__name__}: {error}".removesuffix(": ")
        trace = "".join(format_exception(error)).rstrip("\n")
        return cls(ExitCode.INTERNAL, message, _REPORT, f"{trace}\n\nerror: {message}\nhint: {_REPORT}")

    def report(self, color: ColorChoice = ColorChoice.AUTO) -> None:
        """Print it on stderr."""
        if self.text is not None:
            write_stderr(printable_lines(self.text))
            return
        print_message(f"error: {self.message}", color)
        if self.hint:
            print_message(f"hint: {self.hint}", color)

    def to_json(self) -> dict[str, Any]:
        """The document that is printed in place of a result."""
        fields = {"code": int(self.code), "name": self.code.name, "message": self.message, "hint": self.hint}
        return {"error": fields}


INTERRUPTED: Final = Failure(ExitCode.INTERRUPTED, LINE, text=LINE)


@dataclass(slots=True)
class Reply:
    """The output options of one command line, and its result.

    Under `--json` the result is held back until the command has ended, so that exactly one document
    is printed: the result, even of a command that fails later, else the failure.

    Attributes:
        json, quiet, verbose, no_pager: options given before the command's name.
        color: the option of the whole command line.
    """

    json: bool = False
    quiet: bool = False
    verbose: int = 0
    no_pager: bool = False
    color: ColorChoice = ColorChoice.AUTO
    _document: Mapping[str, Any] | Sequence[Any] | None = None

    def use_color(self, choice: ColorChoice) -> None:
        """Take over the option of a command; `auto` leaves what was given before its name."""
        if choice is not ColorChoice.AUTO:
            self.color = choice

    def set_result(self, document: Mapping[str, Any] | Sequence[Any]) -> None:
        """Keep the result until the command has ended."""
        self._document = document

    def finish(self, failure: Failure | None) -> int:
        """Report the failure, print the document, and return the exit code."""
        if failure is not None:
            failure.report(self.color)
            if self.json and self._document is None:
                self._document = failure.to_json()
        try:
            write_stdout(self._document_text())
        except StorageError as error:
            unwritten = Failure.from_error(error)
            unwritten.report(self.color)
            failure = failure or unwritten
        return ExitCode.OK if failure is None else failure.code

    def _document_text(self) -> str:
        if self._document is None:
            return ""
        import json

        return json.dumps(self._document, indent=2, sort_keys=True, ensure_ascii=True) + "\n"

"""What is measured: a command, how it is built, and where its results are."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from obrelease.errors import UsageError

CommandLine = str | tuple[str, ...]
"""A text is run by a shell; several words are executed as they are, without a shell."""

OUTPUT: Final = "{output}"
"""In the command of a benchmark with a format: replaced by the path of the file that the tool shall write."""

DEFAULT_RUNS: Final = 6
MIN_RUNS_TO_COMPARE: Final = 4
"""As `analysis.comparison.verdict.MIN_RUNS`: below four and four runs there is no verdict."""

MAX_RUNS: Final = 100
MAX_EXECUTIONS: Final = 1_000

KEYS: Final = ("run", "build", "format", "files", "environment", "runs", "executions")
"""What `[tool.obrelease.benchmark.NAME]` may hold."""

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MAX_TITLE_CHARACTERS: Final = 4096
_MAX_SHOWN_CHARACTERS: Final = 160


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A command to measure.

    Attributes:
        title: the name of the workload; any text.
        run: the command that is measured.
        build: run once in each tree before anything is measured; None for nothing to build.
        format: the format of the tool's results; None to time the command itself.
        files: shell patterns, relative to the working folder, of the files that the tool writes. Without any,
            and without `{output}` in the command, the tool's standard output is read.
        environment: variables for `build` and `run`, added to those of the caller.
        runs: fresh processes to measure, on each side of a comparison.
        executions: of a timed command in each run; None to choose by its duration.
        ignore_failure: measure a command that fails all the same.
        shell: the shell of commands that are one text.
    """

    title: str
    run: CommandLine
    build: CommandLine | None = None
    format: str | None = None
    files: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    runs: int = DEFAULT_RUNS
    executions: int | None = None
    ignore_failure: bool = False
    shell: str = "sh"

    def __post_init__(self) -> None:
        """Check what any caller may get wrong; raises UsageError."""
        for line in (self.run, self.build):
            if line is not None and not (line.strip() if isinstance(line, str) else any(line)):
                raise UsageError(
                    "the command is empty", hint="name it after `--`, or as `run` in the settings"
                )
        if not self.title.strip() or len(self.title) > _MAX_TITLE_CHARACTERS:
            raise UsageError(f"the title of a benchmark has 1 to {_MAX_TITLE_CHARACTERS} characters")
        for what, number, most in (
            ("runs", self.runs, MAX_RUNS),
            ("executions", 1 if self.executions is None else self.executions, MAX_EXECUTIONS),
        ):
            if not 1 <= number <= most:
                raise UsageError(f"--{what} is from 1 to {most}, not {number}")
        if self.format is None and (self.files or OUTPUT in command_text(self.run)):
            raise UsageError(
                f"{self.title!r:.80}: results files need a format",
                hint="pass --format, or `format` in the settings",
            )
        for name, value in self.environment.items():
            if not _VARIABLE.fullmatch(name) or "\0" in value:
                raise UsageError(f"{name!r:.80} cannot be an environment variable")

    @property
    def has_shell(self) -> bool:
        """Whether a shell runs the command, so that its start-up is subtracted."""
        return isinstance(self.run, str)


def command_text(line: CommandLine) -> str:
    """The command as a shell would read it."""
    return line if isinstance(line, str) else shlex.join(line)


def shown_command(line: CommandLine) -> str:
    """The command in quotes for a message; a long one is shortened inside of them."""
    text = command_text(line)
    return repr(text if len(text) <= _MAX_SHOWN_CHARACTERS else f"{text[: _MAX_SHOWN_CHARACTERS - 3]}...")


def command_words(line: CommandLine, shell: str) -> tuple[str, ...]:
    """The words that are executed: those of the command, or of the shell that runs it."""
    return (shell, "-c", line) if isinstance(line, str) else line


def split_words(text: str) -> tuple[str, ...]:
    """The words of a text, for a command without a shell.

    Raises:
        UsageError: a quote is not closed.
    """
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(f"{text!r:.80}: cannot be divided into words: {error}") from error


def read_benchmark(name: str, table: object, where: str) -> Benchmark:
    """A benchmark of the settings file.

    Args:
        name: of the table `[tool.obrelease.benchmark.NAME]`, which is the title.
        table: its content.
        where: the settings file, for messages.

    Raises:
        UsageError: an unknown key, a value of a wrong type, or no command.
    """
    place = f"{where}: [tool.obrelease.benchmark.{name}]"
    if not isinstance(table, Mapping):
        raise UsageError(f"{place} is not a table", hint='write run = "COMMAND" below it')
    for key in table:
        if key not in KEYS:
            raise UsageError(f"{place} has an unknown key {key!r}", hint=f"known keys: {', '.join(KEYS)}")
    if "run" not in table:
        raise UsageError(f"{place} has no `run`", hint='write run = "COMMAND"')
    try:
        return Benchmark(
            title=name,
            run=_command_line(table["run"], "run"),
            build=_command_line(table["build"], "build") if "build" in table else None,
            format=_of_type(table.get("format"), str, "format", "text"),
            files=_texts(table.get("files", ()), "files"),
            environment=_variables(table.get("environment", {})),
            runs=_number(table.get("runs"), "runs") or DEFAULT_RUNS,
            executions=_number(table.get("executions"), "executions"),
        )
    except UsageError as error:
        raise UsageError(f"{place}: {error.message}", hint=error.hint) from error


def _command_line(value: object, key: str) -> CommandLine:
    return value if isinstance(value, str) else _texts(value, key)


def _texts(value: object, key: str) -> tuple[str, ...]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(each, str) for each in texts):
        raise UsageError(f"`{key}` must be text or a list of texts")
    return tuple(texts)


def _variables(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(each, str) for each in value.values()):
        raise UsageError("`environment` must be a table of texts")
    return dict(value)


def _number(value: object, key: str) -> int | None:
    if isinstance(value, bool):
        raise UsageError(f"`{key}` must be a whole number")
    number: int | None = _of_type(value, int, key, "a whole number")
    if number is not None and number < 1:
        raise UsageError(f"`{key}` must be at least 1")
    return number


def _of_type(value: object, kind: type, key: str, noun: str) -> Any:
    if value is not None and not isinstance(value, kind):
        raise UsageError(f"`{key}` must be {noun}")
    return value

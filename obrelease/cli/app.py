"""The root of the command line, and the one place that turns an error into an exit code."""

from __future__ import annotations

import sys
from typing import Annotated, Final

import typer

from obrelease.cli.command_table import ROOT_COMMANDS
from obrelease.cli.console import signals
from obrelease.cli.console.color import ColorChoice, color_choice
from obrelease.cli.console.common_options import (
    ColorOption,
    JsonOption,
    NoPagerOption,
    QuietOption,
    VerboseOption,
)
from obrelease.cli.console.exit import INTERRUPTED, Failure, Reply
from obrelease.cli.console.lazy_commands import group_of
from obrelease.errors import ExitCode, ObreleaseError
from obrelease.storage.system_errors import out_of_memory

app = typer.Typer(
    name="obrelease",
    cls=group_of(ROOT_COMMANDS),
    help="Benchmark results as evidence: measure, keep, publish and verify.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_MISUSE: Final[type[Exception]] = typer.BadParameter.__bases__[0]
"""What the parser raises for a command line that makes no sense."""


def _version(wanted: bool) -> None:
    if wanted:
        from obrelease.version import VERSION

        typer.echo(f"obrelease {VERSION}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    json_: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = 0,
    color: ColorOption = ColorChoice.AUTO,
    no_pager: NoPagerOption = False,
) -> None:
    """Benchmark results as evidence: measure, keep, publish and verify."""
    del version
    if (reply := context.find_object(Reply)) is not None:
        reply.json, reply.quiet, reply.verbose = reply.json or json_, quiet, verbose
        reply.no_pager = no_pager
        reply.use_color(color)


def main() -> None:
    """Run the command line; never returns. SIGTERM unwinds as Ctrl-C does, so nothing is left half done.

    Failures of shell completion are silent.
    """
    words = sys.argv[1:]
    reply = Reply(json=signals.wants_json(words), color=color_choice(words))
    try:
        signals.raise_on_interrupt()
        failure = _failure(words, reply)
        signals.ignore_interrupts()
    except KeyboardInterrupt:
        signals.ignore_interrupts()
        failure = INTERRUPTED
    sys.exit(int(reply.finish(None if failure is None or _shell_asks() else failure)))


def _shell_asks() -> bool:
    from obrelease.cli.console.shells import shell_asks

    return shell_asks()


def execute(args: list[str]) -> int:
    """Run one command line and return its exit code; errors go to stderr with their hint.

    Under `--json` exactly one document is on stdout at the end, whatever happened.
    """
    reply = Reply(json=signals.wants_json(args), color=color_choice(args))
    return int(reply.finish(_failure(args, reply)))


def _failure(words: list[str], reply: Reply) -> Failure | None:
    """Run the command; None if it succeeded."""
    try:
        failure = _run(words, reply)
    except Exception as error:
        failure = Failure.from_bug(error)
    return INTERRUPTED if failure is not None and signals.was_interrupted() else failure


def _run(words: list[str], reply: Reply) -> Failure | None:
    try:
        code = app(args=words, standalone_mode=False, prog_name="obrelease", obj=reply)
    except SystemExit as end:
        code = end.code
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except ObreleaseError as error:
        return Failure.from_error(error)
    except _MISUSE as error:
        return _misuse(error)
    except MemoryError as error:
        return Failure.from_error(out_of_memory(error))
    except OSError as error:
        return Failure(ExitCode.STORAGE, f"{error.filename or 'output'}: {error.strerror or error}")
    if code == ExitCode.INTERRUPTED:
        return INTERRUPTED
    return Failure(ExitCode(code), "the command failed") if code else None


def _misuse(error: Exception) -> Failure:
    """A command line that the parser refused; one without a command is shown the help."""
    context: typer.Context | None = getattr(error, "ctx", None)
    message = str(getattr(error, "format_message", error.__str__)()).replace("Value error, ", "", 1)
    name = context.command_path if context else "obrelease"
    hint = f"`{name} --help` shows what it takes"
    if context is not None and message == context.get_help():
        return Failure(ExitCode.USAGE, "a command is missing", hint, text=message)
    return Failure(ExitCode.USAGE, message, hint)

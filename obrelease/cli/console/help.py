"""The layout of `--help`: lines of at most 78 characters, no word broken, examples and a page at the end."""

from __future__ import annotations

import inspect
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final

from typer.core import TyperCommand

from obrelease.cli.console.color import painted_help, uses_color
from obrelease.cli.console.plain_values import with_plain_values
from obrelease.cli.console.stdio import write_stdout
from obrelease.cli.console.wrapping import wrapped

Table = tuple[str, list[tuple[str, str]]]
"""A heading, and names with what they are."""

WIDEST: Final = 78
NARROWEST: Final = 40
_INDENT: Final = "  "
_WIDEST_NAME: Final = 24
"""A longer name has its text on the next line."""

_PARTS_OF_COMMAND: Final = re.compile(r"(?:--?\w\S* +)?(?:'[^']*'|[^\s'])+")
"""Words of a shell; an option and its value are one part."""
_AS_WRITTEN: Final = "\b"
"""The first line of a paragraph whose lines are not joined."""


class PlainHelp:
    """What help of commands and of groups have in common; before the parser's class among the bases."""

    def get_help(self, ctx: Any) -> str:
        """The whole help text, without colours."""
        return "\n".join(_page(self, ctx, self.help_tables(ctx)))

    def get_help_option_names(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """The names of the option, also without a context of the program."""
        return ["-h", "--help"]

    def get_help_option(self, ctx: Any) -> Any:
        """The parser's `--help`, printed in colour where that is wanted."""
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.callback = _print_help
        return option

    def help_tables(self, ctx: Any) -> list[Table]:
        """The tables of arguments and options."""
        params = self.get_params(ctx)  # type: ignore[attr-defined]
        tables: list[Table] = []
        for title, kind in (("Arguments", "argument"), ("Options", "option")):
            found = [param for param in params if param.param_type_name == kind]
            rows = [record for param in found if (record := param.get_help_record(ctx)) is not None]
            if kind == "argument":
                rows = [(argument_name(name), text) for name, text in rows]
            tables += [(title, rows)] if rows else []
        return tables


class PlainCommand(PlainHelp, TyperCommand):
    """A command whose help names arguments as `TAG`, without braces and types."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Arguments and options, with `--help`."""
        return with_plain_values(super().get_params(ctx))

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """`[OPTIONS] TAG` and `FILE...` in place of `[OPTIONS] {TAG}` and `{FILE}...`."""
        return [argument_name(piece) for piece in super().collect_usage_pieces(ctx)]


def help_text(context: Any, words: Sequence[str]) -> str:
    """The help of the command that `words` name, or of the program without words.

    Args:
        context: a context of the parser, of any command of the program.

    Raises:
        UsageError: of the parser, if there is no such command.
    """
    found = context.find_root()
    for word in words:
        is_group = hasattr(found.command, "resolve_command")
        name, command, _ = found.command.resolve_command(found, [word]) if is_group else (word, None, [])
        if command is None:
            found.fail(f"No such command '{word}'.")
        found = command.make_context(name, [], parent=found, resilient_parsing=True)
    return str(found.get_help())


def argument_name(text: str) -> str:
    """An argument without the braces and the type of the parser, or dots behind a name that has its own."""
    name = text.partition(" <")[0].replace("{", "").replace("}", "")
    return name.removesuffix("...") if " " in name else name


def _print_help(ctx: Any, _option: Any, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from obrelease.cli.console.exit import Reply

        text = ctx.get_help()
        reply = ctx.find_object(Reply) or Reply()
        write_stdout((painted_help(text) if uses_color(reply.color, sys.stdout) else text) + "\n")
        ctx.exit()


def _page(command: Any, ctx: Any, tables: Sequence[Table]) -> Iterator[str]:
    from obrelease.cli.command_examples import EXAMPLES

    width = max(min(shutil.get_terminal_size().columns - 2, WIDEST), NARROWEST)
    program, _, name = ctx.command_path.partition(" ")
    usage = f"Usage: {' '.join([ctx.command_path, *command.collect_usage_pieces(ctx)])}"
    yield from wrapped(usage, width, indent="       ")
    yield from _paragraphs(inspect.cleandoc(command.help or ""), width)
    for title, rows in tables:
        yield from ("", f"{title}:", *_definitions(rows, width))
    if (examples := EXAMPLES.get(name)) is not None:
        yield from ("", "Examples:")
        for line in examples.lines:
            yield from _command_line(f"{program} {line}", width)
        yield from ("", f"Documentation: {examples.page}")


def _paragraphs(text: str, width: int) -> Iterator[str]:
    for paragraph in re.split(r"\n\n+", text):
        first, _, rest = paragraph.partition("\n")
        yield ""
        if first.strip() == _AS_WRITTEN:
            yield from (f"{_INDENT}{line}" for line in rest.split("\n"))
        else:
            yield from wrapped(f"{_INDENT}{' '.join(paragraph.split())}", width)


def _definitions(rows: Sequence[tuple[str, str]], width: int) -> Iterator[str]:
    widths = [len(name) for name, _ in rows if len(name) <= _WIDEST_NAME]
    column = len(_INDENT) + max(widths, default=0) + len(_INDENT)
    for name, text in rows:
        parts = wrapped(" ".join(text.split()), width - column)
        first = f"{_INDENT}{name}"
        if len(first) + len(_INDENT) > column and parts:
            yield first
            first = ""
        yield from (f"{'' if number else first:{column}}{part}" for number, part in enumerate(parts))


def _command_line(line: str, width: int) -> Iterator[str]:
    """A command line that can be copied: where it is too long, it continues after a backslash."""
    start = _INDENT
    part = ""
    for words in _PARTS_OF_COMMAND.findall(line):
        if part and len(start) + len(part) + len(words) + len("  \\") > width:
            yield f"{start}{part} \\"
            start, part = _INDENT * 3, words
        else:
            part = f"{part} {words}".lstrip()
    yield f"{start}{part}"

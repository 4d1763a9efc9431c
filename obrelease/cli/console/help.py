"""The layout of `--help`: arguments by their names as in docs/commands.md, examples and a page at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typer.core import TyperCommand

from obrelease.cli.console.plain_values import with_plain_values


class PlainCommand(TyperCommand):
    """A command whose help names arguments as `TAG`, without braces and types."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Arguments and options, with `--help`."""
        return with_plain_values(super().get_params(ctx))

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """`[OPTIONS] TAG` and `FILE...` in place of `[OPTIONS] {TAG}` and `{FILE}...`."""
        return [piece.replace("{", "").replace("}", "") for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The tables of arguments and options."""
        for title, kind in (("Arguments", "argument"), ("Options", "option")):
            found = [param for param in self.get_params(ctx) if param.param_type_name == kind]
            rows = [record for param in found if (record := param.get_help_record(ctx)) is not None]
            if kind == "argument":
                rows = [(name.split(" ")[0], text) for name, text in rows]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """The two examples and the page of the command."""
        from obrelease.cli.command_examples import EXAMPLES

        program, _, name = ctx.command_path.partition(" ")
        if (examples := EXAMPLES.get(name)) is None:
            return
        with formatter.section("Examples"):
            for line in examples.lines:
                formatter.write(f"{'':{formatter.current_indent}}{program} {line}\n")
        formatter.write(f"\nDocumentation: {examples.page}\n")


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

"""The layout of `--help`: arguments by their names as in docs/commands.md."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand


class PlainCommand(TyperCommand):
    """A command whose help names arguments as `TAG`, without braces and types."""

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

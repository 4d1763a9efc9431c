"""How `--help` reads: arguments by their names, as they stand in the README."""

from __future__ import annotations

import re
from typing import Any, Final

from typer.core import TyperCommand

_TYPE: Final = re.compile(r" (<[a-z]+>|\[[a-z-]+(\|[a-z-]+)+\])")
"""What typer writes behind an argument's name."""


class PlainCommand(TyperCommand):
    """A command whose help names arguments as `TAG`, without braces and types."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """`[OPTIONS] TAG` in place of `[OPTIONS] {TAG}`."""
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The tables of arguments and options."""
        for title, kind in (("Arguments", "argument"), ("Options", "option")):
            found = [param for param in self.get_params(ctx) if param.param_type_name == kind]
            records = [record for param in found if (record := param.get_help_record(ctx)) is not None]
            if records:
                with formatter.section(title):
                    formatter.write_dl([(_TYPE.sub("", name), text) for name, text in records])

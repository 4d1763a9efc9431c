"""How `--help` reads: arguments by their names as in the README, commands in the order of the work."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup


class PlainCommand(TyperCommand):
    """A command whose help names arguments as `TAG`, without braces and types."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """`[OPTIONS] TAG` in place of `[OPTIONS] {TAG}`."""
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]

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


def in_order(*names: str) -> type[TyperGroup]:
    """A group that lists these commands first, in this order, and any others behind them."""
    place = {name: at for at, name in enumerate(names)}

    class InOrder(TyperGroup):
        def list_commands(self, ctx: Any) -> list[str]:
            """The names as `--help` and completion show them."""
            return sorted(super().list_commands(ctx), key=lambda name: place.get(name, len(place)))

    return InOrder

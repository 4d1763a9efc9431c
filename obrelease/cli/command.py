"""How a function becomes a command: the options that every command has are declared once, here."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Concatenate, ParamSpec

import typer

from obrelease.cli.output import Output
from obrelease.cli.settings import Settings, load, wants_color

P = ParamSpec("P")

ResultsOption = Annotated[
    Path | None,
    typer.Option("--results", metavar="DIR", help="The results folder. [env: OBRELEASE_RESULTS]"),
]
"""For commands that use the registry; pass it on to `Session.settings(results=...)`."""

_COMMON = {
    "json_": Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")],
    "quiet": Annotated[bool, typer.Option("--quiet", "-q", help="Print no notes.")],
    "verbose": Annotated[
        int, typer.Option("--verbose", "-v", count=True, show_default=False, help="Print more.")
    ],
}


@dataclass(frozen=True, slots=True)
class Session:
    """What a command is handed: a way to speak, and the settings when it wants them."""

    out: Output

    def settings(self, **flags: object) -> Settings:
        """The settings, with these flags over environment and file; None means not given."""
        return load({key: None if value is None else str(value) for key, value in flags.items()})


def command(
    app: typer.Typer, name: str
) -> Callable[[Callable[Concatenate[Session, P], None]], Callable[Concatenate[Session, P], None]]:
    """Register a function as `name`; its first argument is the `Session`, the rest are its options."""

    def register(
        function: Callable[Concatenate[Session, P], None],
    ) -> Callable[Concatenate[Session, P], None]:
        signature = inspect.signature(function, eval_str=True)
        own = list(signature.parameters.values())[1:]
        common = [
            inspect.Parameter(
                key, inspect.Parameter.KEYWORD_ONLY, default=0 if key == "verbose" else False, annotation=kind
            )
            for key, kind in _COMMON.items()
        ]

        @wraps(function)
        def run(*args: Any, json_: bool, quiet: bool, verbose: int, **options: Any) -> None:
            out = Output(json=json_, quiet=quiet, verbose=verbose, color=wants_color())
            function(Session(out), *args, **options)

        keyword_only = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
        run.__signature__ = signature.replace(parameters=keyword_only + common)  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in keyword_only + common}
        del run.__wrapped__
        app.command(name)(run)
        return function

    return register

"""Turn a function into a command; the options that every command has are declared here."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, ParamSpec, cast

import typer
from typer.core import TyperCommand

from obrelease import api
from obrelease.api.project import Project
from obrelease.cli.console.color import ColorChoice, uses_color
from obrelease.cli.console.common_options import (
    ColorOption,
    JsonOption,
    NoPagerOption,
    QuietOption,
    VerboseOption,
)
from obrelease.cli.console.exit import Reply
from obrelease.cli.console.help import PlainCommand
from obrelease.cli.console.marks import shapes
from obrelease.cli.console.output import Output
from obrelease.cli.console.settings import input_limits, load
from obrelease.cli.console.terminal import is_terminal
from obrelease.models.docstring import docstring_of
from obrelease.storage.limits import input_budget

if TYPE_CHECKING:
    from obrelease.api import Registry

P = ParamSpec("P")

_Function = Callable[Concatenate["Session", P], None]


def named_folder(text: str) -> Path:
    """A folder as an option names it; the empty text of a variable that is not set is none."""
    if not text:
        raise typer.BadParameter("is empty, so it names no folder")
    return Path(text)


ResultsOption = Annotated[
    Path | None,
    typer.Option(
        "--results", metavar="DIR", parser=named_folder, help="The results folder. [env: OBRELEASE_RESULTS]"
    ),
]
"""For commands that use the registry; pass it on to `Session.registry` or `Session.project`."""

MaxInputOption = Annotated[
    str | None,
    typer.Option(
        "--max-input",
        metavar="SIZE",
        help="The most bytes to download or unpack, such as 8G; other limits on input grow in proportion."
        " [default: 4G] [env: OBRELEASE_MAX_INPUT]",
    ),
]

_CONTEXT = "context"
_COMMON = {
    "json_": (JsonOption, False),
    "quiet": (QuietOption, False),
    "verbose": (VerboseOption, 0),
    "color": (ColorOption, ColorChoice.AUTO),
    "no_pager": (NoPagerOption, False),
    "max_input": (MaxInputOption, None),
}


@dataclass(frozen=True, slots=True)
class Session:
    """What a command function is given: its output, the parser's context, and the settings."""

    out: Output
    context: Any = None

    def project(self, **flags: object) -> Project:
        """The project of the settings; flags take precedence, and None is a flag that was not given."""
        return load({key: None if value is None else str(value) for key, value in flags.items()})

    def registry(self, results: Path | None, *, must_exist: bool) -> Registry:
        """The registry in the results folder; raises as `Project.results_folder`."""
        return api.Registry(self.project(results=results).results_folder(must_exist=must_exist))


def command(name: str, *, help: str | None = None) -> Callable[[_Function[P]], TyperCommand]:  # noqa: A002
    """Make a function the command `name`; its first argument is the `Session`, the rest are its options.

    Args:
        help: the help text; the function's docstring if None.
    """

    def build(function: _Function[P]) -> TyperCommand:
        signature = inspect.signature(function, eval_str=True)
        own = list(signature.parameters.values())[1:]
        common = [
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
            for key, (kind, default) in _COMMON.items()
        ]

        @wraps(function)
        def run(
            *args: Any,
            context: typer.Context,
            json_: bool,
            quiet: bool,
            verbose: int,
            color: ColorChoice,
            no_pager: bool,
            max_input: str | None,
            **options: Any,
        ) -> None:
            reply = context.find_object(Reply) or Reply()
            reply.json |= json_
            reply.use_color(color)
            in_color = uses_color(reply.color, sys.stdout)
            out = Output(
                json=reply.json,
                quiet=quiet or reply.quiet,
                verbose=verbose + reply.verbose,
                color=in_color,
                pager=not (no_pager or reply.no_pager),
                reply=reply,
            )
            with shapes(in_color or is_terminal()), input_budget(input_limits(max_input)):
                function(Session(out, context), *args, **options)

        keyword_only = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
        context = inspect.Parameter(_CONTEXT, inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
        parameters = [context, *keyword_only, *common]
        run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in parameters}
        del run.__wrapped__
        app = typer.Typer(rich_markup_mode=None, add_completion=False)
        app.command(name, cls=PlainCommand, help=help or docstring_of(function))(run)
        return cast("TyperCommand", typer.main.get_command(app))

    return build

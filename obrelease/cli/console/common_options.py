"""Options that the program and every command have."""

from __future__ import annotations

from typing import Annotated

import typer

from obrelease.cli.console.color import ColorChoice
from obrelease.cli.console.completion import words

JsonOption = Annotated[
    bool, typer.Option("--json", help="Print the result, or the error, as one JSON document.")
]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print no notes; results and warnings stay.")
]
VerboseOption = Annotated[
    int, typer.Option("--verbose", "-v", count=True, show_default=False, help="Print more.")
]
ColorOption = Annotated[
    ColorChoice,
    typer.Option(
        "--color",
        metavar="WHEN",
        show_default=False,
        autocompletion=words(
            auto="on a terminal", always="in a pipe as well", never="words and shapes alone"
        ),
        help="auto (on a terminal), always or never. [default: auto] [env: NO_COLOR, FORCE_COLOR]",
    ),
]
NoPagerOption = Annotated[
    bool,
    typer.Option("--no-pager", help="Print long results without the pager. [env: OBRELEASE_PAGER, PAGER]"),
]

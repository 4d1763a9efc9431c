"""Options that the program and every command have."""

from __future__ import annotations

from typing import Annotated

import typer

JsonOption = Annotated[
    bool, typer.Option("--json", help="Print the result, or the error, as one JSON document.")
]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print no notes; results and warnings stay.")
]
VerboseOption = Annotated[
    int, typer.Option("--verbose", "-v", count=True, show_default=False, help="Print more.")
]
NoPagerOption = Annotated[
    bool, typer.Option("--no-pager", help="Print long results without the pager. [env: PAGER]")
]

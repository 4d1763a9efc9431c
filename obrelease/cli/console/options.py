"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from obrelease.cli.console.command import named_folder
from obrelease.cli.console.completion import KINDS, RECORDED_CORES, runs, scenarios, tags, words

KindOption = Annotated[
    str | None,
    typer.Option(
        "--kind",
        metavar="KIND",
        help=f"Only runs of this kind: {', '.join(KINDS)}.",
        autocompletion=words(**KINDS),
    ),
]
ScenarioFilter = Annotated[
    str | None,
    typer.Option("--scenario", metavar="NAME", help="Only runs of this scenario.", autocompletion=scenarios),
]
CoreFilter = Annotated[
    str | None,
    typer.Option(
        "--core", metavar="NAME", help="Only runs of this core.", autocompletion=words(**RECORDED_CORES)
    ),
]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Compare runs that are not alike; the output names what differs.")
]
SameHostOption = Annotated[
    bool,
    typer.Option("--same-host", help="Assume one machine for both sides if the runs do not name theirs."),
]
PlotOption = Annotated[
    Path | None,
    typer.Option(
        "--plot", metavar="FILE", help="Draw percentile curves, or else the ratios: .svg, .png or .pdf."
    ),
]
TagArgument = Annotated[
    str,
    typer.Argument(metavar="TAG", help="The release's tag, such as v0.9-beta.", autocompletion=tags),
]
RunOption = Annotated[
    list[str] | None,
    typer.Option(
        "--run",
        metavar="DIGEST",
        help="Release this run; may be repeated. [default: all runs]",
        autocompletion=runs,
    ),
]
RemoteOption = Annotated[
    str | None,
    typer.Option("--remote", metavar="NAME", help="Push the tag to this git remote. [env: OBRELEASE_REMOTE]"),
]
ForgeOption = Annotated[
    str | None,
    typer.Option(
        "--forge",
        metavar="NAME",
        help="directory or github. [env: OBRELEASE_FORGE]",
        autocompletion=words(directory="a folder", github="releases of GitHub"),
    ),
]
SignOption = Annotated[
    Path | None,
    typer.Option("--sign", metavar="KEY", help="Sign with this SSH key file; a public one uses the agent."),
]
AttachOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--attach",
        metavar="FILE",
        help="Release this file with the results, such as a wheel; may be repeated.",
    ),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Do everything but tag and upload, in a temporary folder.")
]
SchemasOption = Annotated[
    Path | None,
    typer.Option(
        "--schemas", metavar="DIR", parser=named_folder, help="The schemas folder. [env: OBRELEASE_SCHEMAS]"
    ),
]

RunsThenRemote = Annotated[
    list[str],
    typer.Argument(
        metavar="[RUN]... REMOTE",
        help="Runs, and last the registry: a name from `obrelease remote`, or oci://HOST/PATH.",
        show_default=False,
        autocompletion=runs,
    ),
]
"""Arguments of commands that exchange runs; `split_remote` divides them."""


def split_remote(names: list[str]) -> tuple[list[str], str]:
    """The runs and the remote of `RunsThenRemote`."""
    return names[:-1], names[-1]


RUN_HELP = (
    "a digest, several with commas, or a filter in quotes, such as 'kind=bench commit=1c9f' (see `list`)"
)
SIDE_HELP = f"{RUN_HELP}; or a release, by tag or ./FOLDER, and perhaps a filter after it"

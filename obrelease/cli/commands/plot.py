"""`obrelease plot`: the pictures of a run in another format or size."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.completion import runs
from obrelease.cli.console.settings import configure_matplotlib
from obrelease.cli.console.text_file import write_bytes
from obrelease.errors import StorageError


@command("plot")
def plot(
    session: Session,
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN", help="A digest or its prefix, a pinned name, or `latest`.", autocompletion=runs
        ),
    ],
    image_format: Annotated[str, typer.Option("--format", metavar="FORMAT", help="svg, png or pdf.")] = "svg",
    size: Annotated[
        str | None,
        typer.Option("--size", metavar="WxH", help="In pixels of 1/100 inch. [default: each picture's own]"),
    ] = None,
    begin: Annotated[
        str | None,
        typer.Option("--from", metavar="HH:MM", help="Of a LOBSTER day: draw it from this time on."),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="HH:MM", help="Of a LOBSTER day: draw it to this time.")
    ] = None,
    trace: Annotated[
        Path | None,
        typer.Option(
            "--trace",
            metavar="FILE",
            help="The LOBSTER file of a replay, to draw its touch, depth and heat map. [default: the sample]",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="DIR", help="The folder that the pictures are written into."),
    ] = Path(),
    results: ResultsOption = None,
) -> None:
    """Draw the pictures of a run from its numbers.

    Files of the same name in the folder are replaced. The recorded pictures of the run stay as they are.

    Drawn are latency and throughput, the knee of a sweep, and the position and profit of a strategy or a
    market maker. The touch, the depth and a heat map of the depth are drawn for one LOBSTER day: with
    --trace, --from or --to its replay is repeated from its data, and must give the recorded events.
    """
    if not output.is_dir():
        raise StorageError(
            f"{output}: there is no such folder", hint=f"make it first: mkdir -p {quote(str(output))}"
        )
    configure_matplotlib()
    pictures = api.plot_run(
        run,
        image_format=image_format,
        size=size,
        begin=begin,
        end=end,
        trace=trace,
        registry=session.registry(results, must_exist=True),
    )
    written = []
    for name, data in pictures.items():
        write_bytes(output / name, data)
        written.append(str(output / name))
    session.out.result({"pictures": written}, "\n".join(written))

"""`obrelease bundle`: write the files of a release into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command, named_folder
from obrelease.cli.console.options import AttachOption, RunOption, SignOption, TagArgument
from obrelease.cli.rendering.release import release_text


@command("bundle")
def bundle(
    session: Session,
    tag: TagArgument,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            parser=named_folder,
            help="The folder. [default: dist/PROJECT-TAG]",
        ),
    ] = None,
    run: RunOption = None,
    results: ResultsOption = None,
    sign: SignOption = None,
    attach: AttachOption = None,
) -> None:
    """Write the files of a release into a folder.

    The same runs give the same bytes.
    """
    project = session.project(results=results)
    result, folder = api.bundle_runs(
        tag, output, runs=run or None, sign=sign, attach=attach or (), project=project, reporter=session.out
    )
    session.out.result(
        {**result.to_json(), "output": str(folder)},
        lambda: release_text(f"wrote {folder}", result, verbose=bool(session.out.verbose)),
    )

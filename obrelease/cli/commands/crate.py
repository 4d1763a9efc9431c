"""`obrelease crate`: a run or a release as an RO-Crate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.completion import runs
from obrelease.cli.console.output import counted


@command("crate")
def crate(
    session: Session,
    source: Annotated[
        str,
        typer.Argument(
            metavar="RUN|PATH",
            help="A run, or a folder of a release's files (./NAME for one in this folder).",
            autocompletion=runs,
        ),
    ],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="A new folder.")] = Path("ro-crate"),
    license_: Annotated[
        str | None,
        typer.Option(
            "--license",
            metavar="SPDX",
            help="The license of the results, such as CC-BY-4.0, or its address."
            " [default: as in pyproject.toml]",
            show_default=False,
        ),
    ] = None,
    results: ResultsOption = None,
) -> None:
    """Pack a run or a release as an RO-Crate.

    The folder has every file, and ro-crate-metadata.json (RO-Crate 1.3), which archives such as Zenodo and
    WorkflowHub read: what was measured, by which program, on which machine, with which values. Files are
    hashed while they are copied, and a release is verified first. Needs `obrelease[archive]`.
    """
    project = session.project(results=results)
    report = api.export_crate(source, to, project=project, license=license_, reporter=session.out)
    session.out.result(report.to_json(), f"{report.folder}")
    session.out.note(f"{counted(report.files, 'file')}, sha256 {report.identifier}")

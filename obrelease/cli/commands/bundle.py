"""`obrelease bundle`: write the files of a release into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from obrelease.cli.commands.publish import PublishOptions, executed, report_json, report_text
from obrelease.cli.console.command import ResultsOption, Session, command, named_folder
from obrelease.cli.console.options import RunOption, SignOption, TagArgument


@command("bundle")
def bundle(
    session: Session,
    tag: TagArgument,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="DIR", parser=named_folder, help="Where to. [default: dist/PROJECT-TAG]"
        ),
    ] = None,
    run: RunOption = None,
    results: ResultsOption = None,
    sign: SignOption = None,
) -> None:
    """Write the files of a release into a folder.

    The same runs give the same bytes.
    """
    from obrelease.release.publish.export_folder import deliver
    from obrelease.release.publish.pipeline import BUNDLE
    from obrelease.release.publish.step import packed_of

    settings = session.settings(results=results)
    wanted = PublishOptions(tag, tuple(run or ()), dry_run=False, key=sign)
    with executed(session, settings, wanted, BUNDLE) as (plan, staging):
        folder = output or settings.root / "dist" / f"{plan.project}-{plan.tag}"
        deliver(packed_of(staging), folder)
        report = {**report_json(plan, staging), "output": str(folder)}
        session.out.result(report, lambda: report_text(f"wrote {folder}", plan, staging))

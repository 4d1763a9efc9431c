"""`obrelease bundle`: write the files of a release into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from obrelease.cli.commands.publish import release_context, report_json, report_text
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
    from obrelease.models.version_tag import Tag
    from obrelease.release.publish.plan import PublishOptions
    from obrelease.release.publish.publish_release import bundle_release

    settings = session.settings(results=results)
    options = PublishOptions(settings.project, Tag.parse(tag), tuple(run or ()), settings.remote)
    folder = output or settings.root / "dist" / f"{options.project}-{options.tag.text}"
    with release_context(session, settings, key=sign) as context:
        result = bundle_release(options, context, folder)
    session.out.result(
        {**report_json(result), "output": str(folder)}, lambda: report_text(f"wrote {folder}", result)
    )

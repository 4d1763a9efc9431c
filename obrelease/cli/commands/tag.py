"""`obrelease tag`: create the annotated tag of a release."""

from __future__ import annotations

from obrelease.cli.commands.publish import release_context, report_json, report_text
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.options import DryRunOption, RemoteOption, RunOption, SignOption, TagArgument


@command("tag")
def tag(
    session: Session,
    tag: TagArgument,
    run: RunOption = None,
    results: ResultsOption = None,
    remote: RemoteOption = None,
    dry_run: DryRunOption = False,
    sign: SignOption = None,
) -> None:
    """Create the annotated tag of a release.

    It carries the digests of the bundle and of the manifest.
    """
    from obrelease.models.version_tag import Tag
    from obrelease.release.publish.plan import PublishOptions
    from obrelease.release.publish.publish_release import tag_release

    settings = session.settings(results=results, remote=remote)
    options = PublishOptions(
        settings.project, Tag.parse(tag), tuple(run or ()), settings.remote, dry_run=dry_run
    )
    with release_context(session, settings, key=sign) as context:
        result = tag_release(options, context)
    words = "would tag" if dry_run else f"tag {result.tagged}:"
    session.out.result(report_json(result), lambda: report_text(f"{words} {result.plan.tag}", result))

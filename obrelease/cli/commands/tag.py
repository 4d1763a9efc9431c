"""`obrelease tag`: create the annotated tag of a release."""

from __future__ import annotations

from obrelease.cli.commands.publish import PublishOptions, executed, report_json, report_text
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
    from obrelease.release.publish.pipeline import TAG

    settings = session.settings(results=results, remote=remote)
    wanted = PublishOptions(tag, tuple(run or ()), dry_run, sign)
    with executed(session, settings, wanted, TAG) as (plan, staging):
        words = "would tag" if dry_run else f"tag {staging.tagged}:"
        session.out.result(
            report_json(plan, staging), lambda: report_text(f"{words} {plan.tag}", plan, staging)
        )

"""`obrelease push`: push runs to a shared registry."""

from __future__ import annotations

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.options import RunsThenRemote, split_remote
from obrelease.cli.rendering.sharing import shared_text


@command("push")
def push(
    session: Session,
    names: RunsThenRemote,
    results: ResultsOption = None,
) -> None:
    """Push runs to a shared registry.

    REMOTE comes last: a name from `obrelease remote`, or oci://HOST/PATH. Before it come runs, as digests,
    their prefixes, pinned names or filters in quotes; without any, all runs are pushed. A run that is there
    costs one request. What was interrupted continues with the same command.
    """
    runs, remote = split_remote(names)
    project = session.project(results=results)
    registry = api.Registry(project.results_folder(must_exist=True))
    report = api.push_runs(registry, remote, runs or None, project=project, reporter=session.out)
    session.out.result(report.to_json(), lambda: shared_text(report))
    for warning in report.warnings:
        session.out.warn(warning)

"""Reports of a comparison for people who read a pull request or a job: Markdown, annotations, a comment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from obrelease.analysis.notes.badge import comparison_badge
from obrelease.analysis.notes.comparison_report import comparison_markdown, workflow_annotations
from obrelease.analysis.notes.openmetrics import openmetrics_text
from obrelease.api.arguments import checked_path
from obrelease.api.compare_runs import ComparisonReport, compare
from obrelease.api.comparison_sides import Side
from obrelease.api.project import ProjectLike, project_of
from obrelease.api.project_forge import require_trusted_api
from obrelease.errors import InvalidInput, NotFound, UsageError
from obrelease.storage.files import read_bounded
from obrelease.storage.reporter import SILENT, Reporter

if TYPE_CHECKING:
    from obrelease.remote.github.pull_request_comment import CommentResult

MAX_COMMENT_BYTES: Final = 4 * 65_536


@dataclass(frozen=True, slots=True)
class ChangeReport:
    """A comparison as it is shown on a pull request.

    Attributes:
        text: Markdown of at most 65,536 characters; one line if nothing changed.
        silent: whether nothing changed and nothing is missing.
        annotations: GitHub workflow commands, one for each metric that is worse.
        openmetrics: the figures as OpenMetrics text, for GitLab's metrics report.
        badge: the document of a shields.io endpoint badge.
    """

    text: str
    silent: bool
    annotations: tuple[str, ...]
    openmetrics: str
    badge: Mapping[str, str | int]
    compared: ComparisonReport

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease report --json` prints."""
        return {"markdown": self.text, "silent": self.silent, "comparison": self.compared.to_json()}


def report_comparison(
    base: Side,
    head: Side,
    *,
    project: ProjectLike = ".",
    title: str = "",
    force: bool = False,
    same_host: bool = False,
    policy: str | os.PathLike[str] | None = None,
    confirmed: bool = False,
    reporter: Reporter = SILENT,
) -> ChangeReport:
    """Compare two sides, workload by workload, and report it as Markdown.

    Args:
        base, head, project, force, same_host, policy, confirmed: as for `compare`.
        title: before the headline.

    Raises: as `compare`.

    Example:
        >>> print(report_comparison("commit=1c9f", "commit=a041").text)
    """
    compared = compare(
        base,
        head,
        project=project,
        force=force,
        same_host=same_host,
        policy=policy,
        every_workload=True,
        confirmed=confirmed,
        reporter=reporter,
    )
    found = comparison_markdown(compared.comparisons, compared.not_compared, title=title)
    return ChangeReport(
        found.text,
        found.silent,
        tuple(workflow_annotations(compared.comparisons)),
        openmetrics_text(compared.comparisons),
        comparison_badge(compared.comparisons, title),
        compared,
    )


def comment_on_pull_request(
    text: str,
    *,
    project: ProjectLike = ".",
    number: int | None = None,
    head: str | None = None,
    commit: str | None = None,
    name: str = "benchmarks",
    silent: bool = False,
    reporter: Reporter = SILENT,
) -> CommentResult:
    """Make or update the one comment of this name on a pull request.

    Args:
        text: Markdown. It may come from a job that ran code of a fork: mentions are made inert.
        project: its repository, API and token.
        number: of the pull request; else `head` and `commit` name it.
        head: `OWNER:BRANCH` of an open pull request.
        commit: the newest commit of that branch, in full.
        name: of the comment, so that several workflows have one each.
        silent: make no comment if there is none yet.

    Raises:
        UsageError: no token or repository, or neither a number nor a head with its commit.
        NotFound: no open pull request has this head.
        RemoteError: GitHub failed.
    """
    from obrelease.remote.github.pull_request_comment import find_pull_request, inert_mentions, put_comment
    from obrelease.remote.open_forge import open_client

    owner = project_of(project)
    require_trusted_api(owner)
    if owner.repository is None:
        raise UsageError("no repository is known", hint="set OBRELEASE_REPOSITORY to OWNER/NAME")
    client = open_client(owner.token, owner.api, note=reporter.note)
    if number is None:
        if head is None or commit is None:
            raise UsageError("no pull request is named", hint="give a number, or --head and --commit")
        number = find_pull_request(client, owner.repository, head, commit)
        if number is None:
            raise NotFound(f"no open pull request has the head {head} at {commit[:12]}")
    return put_comment(client, owner.repository, number, inert_mentions(text), name=name, silent=silent)


def read_comment(path: str | os.PathLike[str]) -> str:
    """The text of a comment from a file.

    Raises:
        InvalidInput: not UTF-8, or longer than a comment may be.
        NotFound, StorageError: it cannot be read.
    """
    file = checked_path("path", path)
    data = read_bounded(file, MAX_COMMENT_BYTES)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file}: not UTF-8 text at byte {error.start}") from error

"""Layer `origin`: the sources of each run are derived again from the commit that it names."""

from __future__ import annotations

from obrelease.release.commits_of_runs import commits_of_same_source
from obrelease.release.run_conflicts import commit_warnings
from obrelease.release.source_provenance import compare_sources
from obrelease.release.verify.layer_result import LayerResult
from obrelease.release.verify.release_files import VerifiedFiles
from obrelease.remote.git.repository import GitRepository


def origin_layer(verified: VerifiedFiles, repo: GitRepository | None) -> LayerResult:
    """Derive the source digests of the runs again, from the objects of the repository.

    The layer counts as checked if that was possible for every run.

    Raises:
        IntegrityError: a run names a commit of the repository, but was measured with other sources.
        RemoteError: git failed.
    """
    if repo is None:
        return LayerResult("origin", False, "not in a git repository, so no commit is at hand")
    runs, commit = verified.runs, verified.manifest.commit
    compared, reasons = compare_sources(runs, repo)
    detail = f"{len(compared)} of {len(runs)} runs: sources derived again from their commits"
    for reason, affected in sorted(reasons.items()):
        detail += f"; {len(affected)}: {reason}"
    if not repo.has_commit(commit):
        detail += f"; the released commit {commit[:12]} is not in this repository"
    for warning in commit_warnings(commit, runs, commits_of_same_source(repo, commit)):
        detail += f"; {warning}"
    return LayerResult("origin", len(compared) == len(runs), detail)

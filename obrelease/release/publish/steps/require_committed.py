"""Step `committed`: the released commit holds every file of the runs, byte for byte. Reads only."""

from __future__ import annotations

from obrelease.models.plan import Plan
from obrelease.release.committed_runs import require_committed
from obrelease.release.publish.staged_release import StagedRelease
from obrelease.release.publish.step import PublishContext


class RequireCommitted:
    """Refuses a release whose tag would lead to a commit without its runs."""

    name = "committed"

    def skip(self, plan: Plan) -> str | None:
        """Never."""

    def run(self, plan: Plan, context: PublishContext, staged: StagedRelease) -> StagedRelease:
        """Compare the files of the runs with the blobs of the commit.

        Raises:
            CheckFailed: a file is missing from the commit, or changed by git on the way.
            RemoteError: git failed.
        """
        warning = require_committed(staged.runs, context.registry.root, plan.commit, context.repo)
        if warning is not None:
            context.reporter.warn(warning)
        return staged

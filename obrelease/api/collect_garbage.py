"""Which runs nothing keeps, and their removal. Safe by default: git, releases, tags and pins keep runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from obrelease.api.clock import now_ns
from obrelease.api.project import Project, ProjectLike, project_of
from obrelease.errors import NotFound, UsageError
from obrelease.registry.gc import Candidate, GcPlan, collect, plan_gc
from obrelease.registry.store import Registry
from obrelease.release.protected_runs import find_protected_runs
from obrelease.storage.reporter import Reporter

_SECOND_NS: Final = 1_000_000_000
_UNIT_SECONDS: Final = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_GRACE: Final = re.compile(r"([0-9]{1,9})([dhms])")


@dataclass(frozen=True, slots=True)
class GcReport:
    """What was removed, or would be.

    Attributes:
        plan: every run with what keeps it.
        runs: the runs that were removed or would be.
        removed: whether they were removed.
    """

    plan: GcPlan
    runs: tuple[Candidate, ...]
    removed: bool

    @property
    def freed_bytes(self) -> int:
        """Bytes on disk of the runs and of what killed writers left."""
        return sum(run.bytes_on_disk for run in self.runs) + sum(size for _, size in self.plan.leftovers)

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease gc --json` prints."""
        return {
            "removed": self.removed,
            "runs": [run.entry.as_json() | {"bytes_on_disk": run.bytes_on_disk} for run in self.runs],
            "kept": [
                {"digest": kept.entry.digest, "reasons": list(kept.reasons)} for kept in self.plan.protected
            ],
            "young": [entry.digest for entry in self.plan.within_grace],
            "leftovers": [{"path": str(path), "bytes_on_disk": size} for path, size in self.plan.leftovers],
            "bytes_on_disk": self.freed_bytes,
        }


def collect_garbage(
    registry: Registry,
    *,
    remove: bool,
    grace: str,
    manifests: Sequence[Path],
    project: ProjectLike | None,
    reporter: Reporter,
) -> GcReport:
    """See `Registry.gc` of the API."""
    grace_ns = _grace_ns(grace)
    owner = _owner(registry.root) if project is None else project_of(project)
    roots = find_protected_runs(registry.root, root=owner.root, releases=owner.releases, manifests=manifests)
    if roots.repository_root and not registry.root.resolve().is_relative_to(roots.repository_root):
        reporter.note(
            f"{registry.root} is outside of {roots.repository_root}, which tracks none of its runs;"
            " runs of its releases and tags are kept"
        )
    if roots.unknown_tags:
        message = f"the runs of {', '.join(roots.unknown_tags)} are unknown: their manifests are missing"
        if remove:
            raise NotFound(message, hint="download manifest.json of these releases and pass --manifest")
        reporter.warn(f"{message}; --yes will require them by --manifest")
    plan = plan_gc(registry, roots.protected, now_ns=now_ns(), grace_ns=grace_ns)
    if not remove:
        return GcReport(plan, plan.candidates, removed=False)
    with reporter.progress("gc", len(plan.candidates)) as advance:
        return GcReport(plan, collect(registry, plan, advance), removed=True)


def _owner(results: Path) -> Project:
    """The project around a results folder: the repository that contains it, if any."""
    real = results.resolve()
    root = next((folder for folder in (real, *real.parents) if (folder / ".git").exists()), real.parent)
    return Project.at(root, results=real)


def _grace_ns(text: str) -> int:
    parts = _GRACE.fullmatch(text) if isinstance(text, str) else None
    if parts is None:
        raise UsageError(f"grace {text!r:.60}: not a time", hint="a number and d, h, m or s, such as 14d")
    return int(parts[1]) * _UNIT_SECONDS[parts[2]] * _SECOND_NS

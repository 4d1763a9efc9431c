"""`obrelease gc`: remove runs that nothing keeps."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from obrelease.cli.console.clock import now_ns
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.open_registry import registry_of
from obrelease.cli.console.output import counted, table
from obrelease.errors import NotFound, UsageError

if TYPE_CHECKING:
    from obrelease.registry.gc import Candidate, GcPlan

DEFAULT_GRACE: Final = "14d"

_SECOND_NS: Final = 1_000_000_000
_UNITS: Final = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_GRACE: Final = re.compile(r"([0-9]{1,9})([dhms])")
_SHORT_DIGEST: Final = 12


@command("gc")
def gc(
    session: Session,
    yes: Annotated[bool, typer.Option("--yes", help="Remove; without it, only tell.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would go: the default.")] = False,
    grace: Annotated[
        str, typer.Option("--grace", metavar="TIME", help="Nothing younger goes: such as 14d, 36h, 0s.")
    ] = DEFAULT_GRACE,
    manifest: Annotated[
        list[Path] | None,
        typer.Option(
            "--manifest",
            metavar="FILE",
            help="manifest.json of a release that lies elsewhere; may be repeated.",
        ),
    ] = None,
    results: ResultsOption = None,
) -> None:
    """Remove runs that nothing keeps.

    Releases, tags, pins, and runs that git tracks keep theirs. What killed writers left stays for a day
    at least, however short the grace: a younger one may be at work.
    """
    if yes and dry_run:
        raise UsageError("--yes and --dry-run contradict each other", hint="give one of them")
    grace_ns = _grace_ns(grace)
    from obrelease.registry.gc import collect, plan_gc
    from obrelease.release.gc_roots import find_protected_runs

    settings = session.settings(results=results)
    registry = registry_of(settings, must_exist=True)
    roots = find_protected_runs(
        settings.results, root=settings.root, releases=settings.releases, manifests=manifest or []
    )
    if roots.repository_root and not settings.results.resolve().is_relative_to(roots.repository_root):
        session.out.note(
            f"{settings.results} is outside of {roots.repository_root}, which tracks none of its runs;"
            " runs of its releases and tags stay"
        )
    if roots.unknown_tags:
        told = f"the runs of {', '.join(roots.unknown_tags)} are unknown: no manifest of theirs is here"
        if yes:
            raise NotFound(told, hint="download manifest.json of these releases, and name it by --manifest")
        session.out.warn(f"{told}; --yes will ask for them by --manifest")
    plan = plan_gc(registry, roots.protected, now_ns=now_ns(), grace_ns=grace_ns)
    gone = plan.candidates
    if yes:
        with session.out.progress("gc", len(plan.candidates)) as advance:
            gone = collect(registry, plan, advance)
    session.out.result(_told(plan, gone, removed=yes), lambda: _listing(gone))
    freed = sum(candidate.bytes_on_disk for candidate in gone) + sum(size for _, size in plan.leftovers)
    session.out.note(
        f"{counted(len(gone), 'run')} {'removed' if yes else 'would go'}, {counted(freed, 'byte')}; "
        f"kept by a root: {len(plan.protected):,}, younger than {grace}: {len(plan.within_grace):,}; "
        f"{counted(len(plan.leftovers), 'leftover')} of killed writers"
    )
    if (gone or plan.leftovers) and not yes:
        session.out.note(f"`{_removal(grace, manifest or [], results)}` removes them")
    if unreadable := registry.unreadable():
        session.out.warn(
            f"{counted(len(unreadable), 'folder')} cannot be read and stays, the first is {unreadable[0]};"
            " `obrelease fsck` says why"
        )


def _removal(grace: str, manifests: list[Path], results: Path | None) -> str:
    """The command that removes what this one told of."""
    import shlex

    words = ["obrelease", "gc", "--yes"]
    words += ["--grace", grace] if grace != DEFAULT_GRACE else []
    for path in manifests:
        words += ["--manifest", str(path)]
    words += ["--results", str(results)] if results is not None else []
    return shlex.join(words)


def _grace_ns(text: str) -> int:
    parts = _GRACE.fullmatch(text)
    if parts is None:
        raise UsageError(f"--grace {text}: not a time", hint="a number and d, h, m or s, such as 14d")
    return int(parts[1]) * _UNITS[parts[2]] * _SECOND_NS


def _told(plan: GcPlan, gone: tuple[Candidate, ...], *, removed: bool) -> dict[str, Any]:
    return {
        "removed": removed,
        "runs": [
            candidate.entry.as_json() | {"bytes_on_disk": candidate.bytes_on_disk} for candidate in gone
        ],
        "kept": [{"digest": kept.entry.digest, "reasons": list(kept.reasons)} for kept in plan.protected],
        "young": [entry.digest for entry in plan.within_grace],
        "leftovers": [{"path": str(path), "bytes_on_disk": size} for path, size in plan.leftovers],
        "bytes_on_disk": sum(candidate.bytes_on_disk for candidate in gone)
        + sum(size for _, size in plan.leftovers),
    }


def _listing(gone: tuple[Candidate, ...]) -> str:
    rows = [
        (
            candidate.entry.digest[:_SHORT_DIGEST],
            candidate.entry.kind,
            candidate.entry.scenario,
            f"{candidate.bytes_on_disk:,}",
        )
        for candidate in gone
    ]
    return table(rows, ("digest", "kind", "scenario", "bytes"))

"""The state of a sweep as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from obrelease.cli.console.output import counted
from obrelease.cli.console.table import table
from obrelease.cli.rendering.run_details import instant

if TYPE_CHECKING:
    from obrelease.api import SweepStatus

_RUNNING: Final = {True: "running", False: "ended", None: "not known here"}
_MOST_FAILURES: Final = 20


def status_text(status: SweepStatus) -> str:
    """Counts, the rate, the claims, and the reasons of failed cells."""
    found = status.progress
    lines = [
        f"{status.name}: {len(found.done):,} of {counted(len(found.cells), 'cell')} recorded,"
        f" {len(found.failed):,} failed, {len(found.held):,} being measured, {found.waiting:,} waiting"
    ]
    if (
        found.cells_per_minute is not None
        and found.remaining_s is not None
        and len(found.done) < len(found.cells)
    ):
        lines.append(
            f"{found.cells_per_minute:.3g} cells a minute, {_duration(found.remaining_s)} left at this rate"
        )
    if found.held:
        rows = [
            [
                each.cell.key[:12],
                " ".join(f"{name}={value}" for name, value in each.cell.point.items()),
                str(each.cell.repeat),
                str(each.claim.owner.process) if each.claim.owner else "-",
                instant(int(each.claim.owner.claimed_ns)) if each.claim.owner else "-",
                _RUNNING[each.running],
            ]
            for each in found.held
        ]
        lines += ["", table(rows, ["cell", "point", "repeat", "claimed by", "since", "process"])]
    failures = list(found.failed.values())
    lines += [f"failed: {each.key[:12]}: {each.reason}" for each in failures[:_MOST_FAILURES]]
    if len(failures) > _MOST_FAILURES:
        lines.append(f"and {len(failures) - _MOST_FAILURES:,} more")
    return "\n".join(lines)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"

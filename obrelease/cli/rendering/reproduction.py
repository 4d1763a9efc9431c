"""A repeated run: what was recorded, what was found, and where they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from obrelease.cli.console.marks import marked
from obrelease.cli.console.table import prose

if TYPE_CHECKING:
    from obrelease.api import Difference, RepeatedSimulation, ReproductionReport


def reproduction_text(report: ReproductionReport) -> str:
    """The repetition as text."""
    result = report.result
    recorded = result.expected
    recorded_core = f"{result.recorded_core} core" if result.recorded_core else "no single core"
    lines = [
        f"run       {report.entry.digest}",
        f"workload  {result.messages:,} messages, the same commands as recorded",
        f"recorded  {recorded.events:,} events, {recorded.events_digest}, {recorded_core}",
        f"found     {result.events:,} events, {result.events_digest}, {result.core} core",
    ]
    if result.reproduced:
        lines.append(f"{marked('reproduced')}: every event and the final state are those that were recorded")
    elif result.difference is None:
        lines.append(
            "the events are equal, the final state is not:"
            f" recorded {recorded.state_digest}, found {result.state_digest}"
        )
    else:
        lines += _difference(result.difference)
    if result.simulation is not None:
        lines += _simulation(result.simulation)
    return prose(lines)


def _simulation(found: RepeatedSimulation) -> list[str]:
    same = found.strategy_sha256 == found.recorded_strategy_sha256
    lines = [
        f"strategy  {found.strategy}, source {'as recorded' if same else 'changed since'}",
        f"recorded  simulation {found.recorded_digest}",
        f"found     simulation {found.digest}, {found.fills:,} fills",
    ]
    if found.reproduced:
        lines.append(
            f"{marked('reproduced')}: every fill, order event and queue position is that which was recorded"
        )
    return lines


def _difference(found: Difference) -> list[str]:
    lines = [f"compared with {found.other}"]
    if found.first_sequence == found.last_sequence >= 0:
        lines += [
            f"first difference at event {found.first_sequence}",
            f"  recorded  {found.expected or 'no event'}",
            f"  found     {found.found or 'no event'}",
        ]
    elif found.first_sequence >= 0:
        lines += [
            f"first difference between event {found.first_sequence} and event {found.last_sequence}",
            f"  found, event {found.first_sequence}: {found.found or 'no event'}",
        ]
    if found.command is not None:
        lines.append(f"  by command {found.command}")
    return lines

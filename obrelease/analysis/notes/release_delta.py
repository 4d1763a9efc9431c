"""A release against the one before it: ratios where runs compare, the reason where they do not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from statistics import median
from typing import Final

from obrelease.analysis.notes.markdown import code, table
from obrelease.analysis.summary.run_summary import HostFacts, RunSummary, number

Runs = Sequence[RunSummary]
Judge = Callable[[str, Runs, Runs], str]
"""Given what was measured, the former runs and these: a verdict in a word or two."""

_Key = tuple[str, str, str]
_Alike = tuple[object, ...]

_HEADER: Final = ("run", "core", "measured", "unit", "before", "now", "ratio", "runs")
_NUMERIC: Final = (4, 5, 6, 7)
_JUDGED: Final = (
    "A verdict is of the runs as wholes, with the ratio as it is estimated from them and its interval; "
    "fewer than four runs on a side show nothing."
)


@dataclass(frozen=True, slots=True)
class _Figure:
    name: str
    unit: str
    before: int | float
    now: int | float


def against_last(tag: str, former: Runs, runs: Runs, *, judge: Judge | None = None) -> str:
    """The section of the notes that compares; the same runs in any order give the same text.

    Runs compare where kind, scenario, core, workload with its version and commands, and the stable
    facts of the host are told and equal. Each side of a ratio is the median over its runs; runs that the
    former release held already are not measured again by being released again.

    Args:
        tag: the former release.
        former, runs: the runs of both.
        judge: adds its verdict to each row; None where nobody judges.
    """
    known = {run.artefact_digest for run in former}
    before, now = _grouped(former), _grouped(runs)
    rows: list[tuple[str, ...]] = []
    remarks: list[str] = []
    for key in sorted(before.keys() | now.keys()):
        fresh = [run for run in now.get(key, ()) if run.artefact_digest not in known]
        if key not in now:
            remarks.append(f"* {_named(key)}: was in {code(tag)}, is not in this release.")
        elif not fresh:
            remarks.append(f"* {_named(key)}: the very runs of {code(tag)}, nothing was measured since.")
        elif key not in before:
            remarks.append(f"* {_named(key)}: not comparable: {code(tag)} has no such run.")
        else:
            for here, there in _pairs(fresh, before[key]):
                if there and here[0].host.untold:
                    remarks.append(f"* {_named(key)}: not comparable: the runs do not tell their host.")
                elif there:
                    rows += _rows(key, there, here, judge)
                else:
                    why = _difference(before[key][0], here[0])
                    remarks.append(f"* {_named(key)}: not comparable: {why}.")
    header = (*_HEADER, "verdict") if judge else _HEADER
    parts = [f"## Against {code(tag)}"]
    if rows:
        parts += [
            f"Medians over the runs of {code(tag)} and over those of this release; ratio: now / before.",
            *([_JUDGED] if judge else []),
            table(header, rows, numeric=_NUMERIC),
        ]
    return "\n\n".join([*parts, *(["\n".join(remarks)] if remarks else [])]) + "\n"


def not_compared(tag: str, reason: str) -> str:
    """The section where the former release could not be read."""
    return f"## Against {code(tag)}\n\nNot compared: {code(reason)}\n"


def _grouped(runs: Runs) -> Mapping[_Key, list[RunSummary]]:
    groups: defaultdict[_Key, list[RunSummary]] = defaultdict(list)
    for run in sorted(runs, key=lambda run: run.artefact_digest):
        groups[run.kind, run.scenario, run.core].append(run)
    return groups


def _alike(run: RunSummary) -> _Alike:
    return run.workload, run.commands_digest, run.host


def _pairs(fresh: Runs, former: Runs) -> Iterator[tuple[list[RunSummary], list[RunSummary]]]:
    """Runs of now that are alike, with the former ones that are like them."""
    for alike in dict.fromkeys(map(_alike, fresh)):
        yield [r for r in fresh if _alike(r) == alike], [r for r in former if _alike(r) == alike]


def _rows(key: _Key, before: Runs, now: Runs, judge: Judge | None) -> Iterator[tuple[str, ...]]:
    for figure in _figures(before, now):
        row = (
            code(f"{key[0]} {key[1]}"),
            code(key[2]),
            code(figure.name),
            code(figure.unit),
            number(figure.before),
            number(figure.now),
            f"{figure.now / figure.before:.3f}" if figure.before else "",
            f"{len(before)} to {len(now)}",
        )
        yield (*row, code(judge(figure.name, before, now))) if judge else row


def _figures(before: Runs, now: Runs) -> Iterator[_Figure]:
    there, here = _medians(before), _medians(now)
    for (name, unit), value in here.items():
        if (name, unit) in there:
            yield _Figure(name, unit, there[name, unit], value)


def _medians(runs: Runs) -> dict[tuple[str, str], int | float]:
    found: defaultdict[tuple[str, str], list[int | float]] = defaultdict(list)
    for run in runs:
        clock = f" ({run.latency_clock})" if run.latency_clock else ""
        own: list[tuple[str, str, int | float | None]] = [
            ("throughput", "msg/s", run.throughput_msg_s),
            (f"p50{clock}", "ns", run.p50_ns),
            (f"p99{clock}", "ns", run.p99_ns),
            *((measure.name, measure.unit, measure.median) for measure in run.measures),
        ]
        for name, unit, value in own:
            if value is not None:
                found[name, unit].append(value)
    return {what: _median(values) for what, values in found.items()}


def _median(values: Sequence[int | float]) -> int | float:
    """The middle one, or the mean of the two in the middle; whole where the values are."""
    middle = median(values)
    return round(middle) if all(isinstance(value, int) for value in values) else middle


def _difference(before: RunSummary, now: RunSummary) -> str:
    if before.workload != now.workload:
        return f"workload {_workload(before)} then, {_workload(now)} now"
    if before.commands_digest != now.commands_digest:
        return "other commands (seed, length or data)"
    facts = [
        f"{field.name} {code(_fact(before.host, field.name))} then, {code(_fact(now.host, field.name))} now"
        for field in fields(HostFacts)
        if getattr(before.host, field.name) != getattr(now.host, field.name)
    ]
    return f"another host: {'; '.join(facts)}"


def _fact(host: HostFacts, name: str) -> str:
    value = getattr(host, name)
    if isinstance(value, tuple):
        return ", ".join(f"{library} {version}" for library, version in value) or "none"
    return "none" if value is None else str(value)


def _workload(run: RunSummary) -> str:
    return code(f"{run.workload[0]} {run.workload[1]}" if run.workload else "none")


def _named(key: _Key) -> str:
    return code(" ".join(part for part in key if part))

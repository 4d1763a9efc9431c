"""Release notes: what was measured where, every number beside the digest and the command behind it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from obrelease.analysis.markdown import code, fence, table
from obrelease.models.artefact import UNKNOWN

_HEADER: Final = (
    "scenario",
    "core",
    "host",
    "messages",
    "throughput, msg/s",
    "p50, ns",
    "p99, ns",
    "p99.9, ns",
    "events",
    "commit",
    "artefact",
)
_ONE_CALL_EACH: Final = frozenset({"bench", "replay"})
_NUMERIC: Final = (3, 4, 5, 6, 7)


@dataclass(frozen=True, slots=True)
class HostFacts:
    """The stable facts of a machine that a reader needs to judge a number."""

    system: str
    machine: str
    cpu_model: str
    cpu_count: int
    python: str
    compiler: str | None = None
    libraries: tuple[tuple[str, str], ...] = ()

    @property
    def untold(self) -> bool:
        """Whether a fact is unknown: then this may be any machine."""
        return UNKNOWN in {self.system, self.machine, self.cpu_model} or self.cpu_count == 0


@dataclass(frozen=True, slots=True)
class MeasureSummary:
    """A named series of samples by its median, the lower of the two middle ones."""

    name: str
    unit: str
    samples: int
    median: int | float


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run in the numbers that a reader compares; all of them derived from its artefact.

    Attributes:
        kind, scenario, core: what ran; `core` is empty where no engine ran.
        artefact_digest: sha256 of `artefact.json` as stored.
        command: the command line that measures it again.
        host: where it ran.
        workload: name and version of what was asked, or None.
        commands_digest: sha256 of the commands that were given, or None.
        messages: commands in the workload, or None.
        passes: timed passes over the workload.
        throughput_msg_s: median over the passes, whole messages per second, or None.
        p50_ns, p99_ns, p999_ns: latency percentiles from the histogram, or None.
        latency_count: how many values these percentiles are of, or None.
        latency_clock: `service` or `response`, or None without a histogram.
        events_digest: sha256 of the event stream, or None.
        source: name and sha256 of the data file that was replayed, or None.
        commit, dirty: the source tree that measured, where it is known.
        measures: what else was measured, as tools of other projects do.
        unstable: what the run says of its own noise; empty where it was stable or does not say.
        checks_passed, checks_failed: names of the run's checks of right and wrong.
    """

    kind: str
    scenario: str
    core: str
    artefact_digest: str
    command: tuple[str, ...]
    host: HostFacts
    workload: tuple[str, int] | None = None
    commands_digest: str | None = None
    messages: int | None = None
    passes: int = 0
    throughput_msg_s: int | None = None
    p50_ns: int | None = None
    p99_ns: int | None = None
    p999_ns: int | None = None
    latency_count: int | None = None
    latency_clock: str | None = None
    events_digest: str | None = None
    source: tuple[str, str] | None = None
    commit: str | None = None
    dirty: bool | None = None
    measures: tuple[MeasureSummary, ...] = ()
    unstable: tuple[str, ...] = ()
    checks_passed: tuple[str, ...] = ()
    checks_failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Variants:
    """A small table: what its columns are, and a row a variant; numbers are whole."""

    header: tuple[str, ...]
    rows: tuple[tuple[int | str, ...], ...]


def release_notes(
    project: str,
    tag: str,
    commit: str,
    runs: Sequence[RunSummary],
    *,
    plots: Mapping[str, str] | None = None,
    variants: Mapping[str, Variants] | None = None,
) -> str:
    """The body of a release in GitHub Markdown; the same runs in any order give the same text.

    Args:
        plots: artefact digest to the name of the picture that is attached to the release.
        variants: artefact digest to the rows of a run that did its work in several ways.
    """
    ordered = sorted(runs, key=lambda run: (run.kind, run.scenario, run.core, run.artefact_digest))
    hosts = {host: f"H{i}" for i, host in enumerate(dict.fromkeys(run.host for run in ordered), start=1)}
    found = variants or {}
    parts = [_opening(project, tag, commit, len(ordered))]
    if ordered:
        parts += ["## Where", _hosts(hosts)]
        for kind in dict.fromkeys(run.kind for run in ordered):
            of_kind = [run for run in ordered if run.kind == kind]
            parts += [f"## {kind.capitalize()}", *_kind(of_kind, hosts, plots or {}, commit)]
            parts += [
                _variants(run, found[run.artefact_digest]) for run in of_kind if run.artefact_digest in found
            ]
        parts += ["## Measure it again", _reproduce(tag, ordered)]
    parts += ["## Check this release", fence(f"obrelease verify {shlex.quote(tag)}", "sh")]
    return "\n\n".join(parts) + "\n"


def _opening(project: str, tag: str, commit: str, count: int) -> str:
    runs = "one run" if count == 1 else f"{count} runs"
    return (
        f"{code(project)} {code(tag)} at commit {code(commit)}, with {runs}. Each row is computed from the "
        "artefact whose digest it names; throughput is the median over the passes, percentiles are read "
        "from the artefact's HdrHistogram."
    )


def _hosts(hosts: dict[HostFacts, str]) -> str:
    rows = [
        (
            name,
            code(host.cpu_model),
            f"{host.cpu_count:,}",
            code(f"{host.system} {host.machine}"),
            code(host.python),
            code(", ".join([*filter(None, [host.compiler]), *(f"{n} {v}" for n, v in host.libraries)])),
        )
        for host, name in hosts.items()
    ]
    return table(("host", "processor", "cores", "system", "Python", "built with"), rows, numeric=(2,))


def _commit(run: RunSummary, released: str) -> str:
    """The commit that was measured, with a mark where it is not, or not exactly, the release's."""
    if run.commit is None:
        return "unknown"
    marks = [*(["dirty"] if run.dirty else []), *(["not the release's"] if run.commit != released else [])]
    return " ".join([code(run.commit[:12]), *([f"({', '.join(marks)})"] if marks else [])])


def _kind(
    runs: Sequence[RunSummary], hosts: dict[HostFacts, str], plots: Mapping[str, str], commit: str
) -> list[str]:
    rows = [
        (
            code(run.scenario),
            code(run.core),
            hosts[run.host],
            number(run.messages),
            number(run.throughput_msg_s) + (" (unstable)" if run.unstable else ""),
            number(run.p50_ns),
            number(run.p99_ns),
            number(run.p999_ns),
            code((run.events_digest or "")[:12]),
            _commit(run, commit),
            code(run.artefact_digest[:12]),
        )
        for run in runs
    ]
    clocks = sorted({run.latency_clock for run in runs if run.latency_clock})
    parts = [table(_HEADER, rows, numeric=_NUMERIC)]
    if clocks:
        parts.append(f"Percentiles are {' and '.join(code(clock) for clock in clocks)} times per message.")
    if clocks and runs[0].kind in _ONE_CALL_EACH:
        parts.append(
            "Throughput hands the whole stream to the core in one call; latency is that of one call per "
            "message, the call itself and the timer included, so the one is not the inverse of the other."
        )
    if any(run.measures for run in runs):
        parts.append(_measures(runs))
    remarks = [line for run in runs for line in _remarks(run, plots.get(run.artefact_digest))]
    return [*parts, "\n".join(remarks)] if remarks else parts


def _variants(run: RunSummary, variants: Variants) -> str:
    rows = [
        tuple(number(cell) if isinstance(cell, int) else code(cell) for cell in row) for row in variants.rows
    ]
    numeric = [at for at, cell in enumerate(variants.rows[0]) if isinstance(cell, int)]
    return (
        f"{code(run.artefact_digest[:12])} in its parts:\n\n{table(variants.header, rows, numeric=numeric)}"
    )


def _measures(runs: Sequence[RunSummary]) -> str:
    rows = [
        (
            code(run.scenario),
            code(measure.name),
            code(measure.unit),
            number(measure.samples),
            number(measure.median),
            code(run.artefact_digest[:12]),
        )
        for run in runs
        for measure in run.measures
    ]
    return table(("scenario", "measurement", "unit", "samples", "median", "artefact"), rows, numeric=(3, 4))


def _remarks(run: RunSummary, plot: str | None) -> list[str]:
    who = f"* {code(run.artefact_digest[:12])}"
    lines = [f"{who} is drawn in {code(plot)}, attached."] if plot else []
    if run.source:
        lines.append(f"{who} replays {code(run.source[0])}, sha256 {code(run.source[1])}.")
    if run.checks_passed:
        lines.append(f"{who} proved {', '.join(map(code, run.checks_passed))}.")
    if run.checks_failed:
        lines.append(f"{who} **failed to prove** {', '.join(map(code, run.checks_failed))}.")
    lines += [f"{who} is unstable: {code(reason)}." for reason in run.unstable]
    if run.dirty:
        lines.append(f"{who} was measured on a tree with uncommitted changes over {code(run.commit or '')}.")
    return lines


def _reproduce(tag: str, runs: Sequence[RunSummary]) -> str:
    blocks = [
        f"# {run.artefact_digest[:12]}"
        + (f": events digest {run.events_digest}" if run.events_digest else "")
        + f"\n{shlex.join(run.command)}"
        for run in runs
    ]
    return fence("\n".join([f"git switch --detach {shlex.quote(tag)}", *blocks]), "sh")


def number(value: float | None) -> str:
    """A number for people: whole ones with separators, others with six digits that count."""
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:.6g}"

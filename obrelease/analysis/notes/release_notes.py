"""Release notes: what was measured on which host, every number with its digest and command."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from obrelease.analysis.kinds.all_kinds import command_of, kind_named
from obrelease.analysis.kinds.run_kind import Variants
from obrelease.analysis.notes.markdown import code, fence, table, value_text
from obrelease.analysis.summary.key_figures import Figure, measures
from obrelease.analysis.summary.readable_values import number_text
from obrelease.analysis.summary.run import Run
from obrelease.models.artefact import StableHost

_HEADER: Final = (
    "scenario",
    "core",
    "host",
    "messages",
    "throughput",
    "p50",
    "p99",
    "p99.9",
    "events",
    "commit",
    "artefact",
)
_MEASURES: Final = ("run", "metric", "value", "statistic", "samples", "artefact")
_MAX_MEASURES: Final = 100
"""Metrics of one run that the notes list; the page of a release has 125,000 characters."""

_RECORDED_COMMANDS: Final = (
    "Recorded by other programs, as text that nobody has checked; read a command before you run it:"
)
_NUMERIC: Final = (3, 4, 5, 6, 7)


def release_notes(
    project: str,
    tag: str,
    commit: str,
    runs: Sequence[Run],
    *,
    plots: Mapping[str, str] | None = None,
    variants: Mapping[str, Variants] | None = None,
) -> str:
    """The body of a release in GitHub Markdown; the same runs in any order give the same text.

    Args:
        plots: artefact digest to the name of the plot that is attached to the release.
        variants: artefact digest to the parts of a run, see `variants_of`.
    """
    ordered = sorted(runs, key=lambda r: (r.artefact.kind, r.artefact.scenario, r.core, r.digest))
    hosts: list[StableHost] = []
    for run in ordered:
        if run.artefact.host.stable not in hosts:
            hosts.append(run.artefact.host.stable)
    found = variants or {}
    parts = [_opening(project, tag, commit, len(ordered))]
    if ordered:
        parts += ["## Where", _hosts(hosts)]
        for kind in dict.fromkeys(run.artefact.kind for run in ordered):
            of_kind = [run for run in ordered if run.artefact.kind == kind]
            parts += [f"## {kind.capitalize()}", *_kind(of_kind, hosts, plots or {}, commit)]
            parts += [_variants(run, found[run.digest]) for run in of_kind if run.digest in found]
        parts += ["## Measure it again", *_reproduce(tag, ordered)]
    parts += ["## Check this release", fence(f"obrelease verify {shlex.quote(tag)}", "sh")]
    return "\n\n".join(parts) + "\n"


def _opening(project: str, tag: str, commit: str, count: int) -> str:
    runs = "one run" if count == 1 else f"{count} runs"
    return (
        f"{code(project)} {code(tag)} at commit {code(commit)}, with {runs}. Each row is computed from the "
        "artefact whose digest it names; throughput is the median over the passes, percentiles are read "
        "from the artefact's HdrHistogram."
    )


def _hosts(hosts: Sequence[StableHost]) -> str:
    rows = [
        (
            f"H{number}",
            code(host.cpu_model),
            f"{host.cpu_count:,}",
            code(f"{host.system} {host.machine}"),
            code(host.python),
            code(", ".join([*filter(None, [host.compiler]), *_libraries(host)])),
        )
        for number, host in enumerate(hosts, start=1)
    ]
    return table(("host", "processor", "cores", "system", "Python", "built with"), rows, numeric=(2,))


def _libraries(host: StableHost) -> Iterator[str]:
    return (f"{name} {version}" for name, version in sorted(host.libraries.items()))


def _commit(run: Run, released: str) -> str:
    """The commit that was measured, marked if it is not, or not exactly, that of the release."""
    if run.commit is None:
        return "unknown"
    marks = ["dirty"] if run.artefact.producer.dirty else []
    marks += ["not the release's"] if run.commit != released else []
    return " ".join([code(run.commit[:12]), *([f"({', '.join(marks)})"] if marks else [])])


def _kind(
    runs: Sequence[Run], hosts: Sequence[StableHost], plots: Mapping[str, str], commit: str
) -> list[str]:
    rows = [_row(run, f"H{hosts.index(run.artefact.host.stable) + 1}", commit) for run in runs]
    clocks = sorted({run.latency.clock for run in runs if run.latency})
    parts = [table(_HEADER, rows, numeric=_NUMERIC)]
    if clocks:
        parts.append(f"Percentiles are {' and '.join(code(clock) for clock in clocks)} times per message.")
    if clocks and (remark := kind_named(runs[0].artefact.kind).remark):
        parts.append(remark)
    if any(measures(run) for run in runs):
        parts.append(_measures(runs))
        parts += ["\n".join(hidden)] if (hidden := tuple(_measures_left_out(runs))) else []
    remarks = [line for run in runs for line in _remarks(run, plots.get(run.digest))]
    return [*parts, "\n".join(remarks)] if remarks else parts


def _row(run: Run, host: str, commit: str) -> tuple[str, ...]:
    workload, outcome = run.artefact.workload, run.artefact.outcome
    return (
        code(run.artefact.scenario),
        code(run.core),
        host,
        number_text(workload.messages if workload else None),
        value_text(run.throughput_msg_s, "msg/s") + (" (unstable)" if run.unstable else ""),
        *(value_text(value, "ns") for value in run.percentiles_ns),
        code(outcome.events_digest[:12] if outcome else ""),
        _commit(run, commit),
        code(run.digest[:12]),
    )


def _variants(run: Run, variants: Variants) -> str:
    rows = [
        tuple(number_text(cell) if isinstance(cell, int) else code(cell) for cell in row)
        for row in variants.rows
    ]
    numeric = [at for at, cell in enumerate(variants.rows[0]) if isinstance(cell, int)]
    return f"{code(run.digest[:12])} in its parts:\n\n{table(variants.header, rows, numeric=numeric)}"


def _measures(runs: Sequence[Run]) -> str:
    rows = [
        (
            code(run.artefact.title),
            code(measure.metric),
            value_text(measure.value, measure.unit),
            code(measure.statistic),
            number_text(measure.samples),
            code(run.digest[:12]),
        )
        for run in runs
        for measure in _shown_measures(run)
    ]
    return table(_MEASURES, rows, numeric=(2, 4))


def _shown_measures(run: Run) -> Sequence[Figure]:
    """The primary metrics, or all if there is none; a page has room for some of them."""
    found = measures(run)
    return (tuple(each for each in found if each.primary) or found)[:_MAX_MEASURES]


def _measures_left_out(runs: Sequence[Run]) -> Iterator[str]:
    for run in runs:
        if hidden := len(measures(run)) - len(_shown_measures(run)):
            noun = "metric" if hidden == 1 else "metrics"
            yield f"* {code(run.digest[:12])} has {hidden:,} more {noun}, not listed here."


def _remarks(run: Run, plot: str | None) -> list[str]:
    who = f"* {code(run.digest[:12])}"
    lines = [f"{who} is drawn in {code(plot)}, attached."] if plot else []
    workload, producer = run.artefact.workload, run.artefact.producer
    if workload and (source := workload.source):
        lines.append(f"{who} replays {code(source.name)}, sha256 {code(source.sha256)}.")
    if run.checks_passed:
        lines.append(f"{who} proved {', '.join(map(code, run.checks_passed))}.")
    if run.checks_failed:
        lines.append(f"{who} **failed to prove** {', '.join(map(code, run.checks_failed))}.")
    lines += [f"{who} is unstable: {code(reason)}." for reason in run.unstable]
    if producer.dirty:
        lines.append(f"{who} was measured on a tree with uncommitted changes over {code(run.commit or '')}.")
    return lines


def _reproduce(tag: str, runs: Sequence[Run]) -> list[str]:
    """Commands to run for our own runs; those that others recorded are shown, not offered to be run."""
    derived = [(run, command) for run in runs if (command := command_of(run.artefact)) is not None]
    blocks = [
        f"# {run.digest[:12]}"
        + (f": events digest {run.artefact.outcome.events_digest}" if run.artefact.outcome else "")
        + f"\n{shlex.join(command)}"
        for run, command in derived
    ]
    own = {run.digest for run, _ in derived}
    others = [
        f"* {code(run.digest[:12])}: {code(shlex.join(run.artefact.command)) or 'no command'}."
        for run in runs
        if run.digest not in own
    ]
    parts = [fence("\n".join([f"git switch --detach {shlex.quote(tag)}", *blocks]), "sh")] if blocks else []
    return [*parts, _RECORDED_COMMANDS, "\n".join(others)] if others else parts

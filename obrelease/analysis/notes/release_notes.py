"""Release notes: what was measured where, every number beside the digest and the command behind it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Final

from obrelease.analysis.kinds.all_kinds import kind_named
from obrelease.analysis.kinds.run_kind import Variants
from obrelease.analysis.notes.markdown import code, fence, table
from obrelease.analysis.summary.run_summary import HostFacts, RunSummary, number

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
_NUMERIC: Final = (3, 4, 5, 6, 7)


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
    if clocks and (remark := kind_named(runs[0].kind).remark):
        parts.append(remark)
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

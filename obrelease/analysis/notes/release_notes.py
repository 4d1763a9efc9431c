"""Release notes: results first, then what proves them: digests, hosts, checks, how to verify and repeat."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from obrelease.analysis.kinds.all_kinds import command_of
from obrelease.analysis.kinds.run_kind import Variants
from obrelease.analysis.notes.markdown import code, details, fence, table
from obrelease.analysis.notes.release_delta import benchmark_cell
from obrelease.analysis.notes.results_tables import results
from obrelease.analysis.summary.readable_values import number_text
from obrelease.analysis.summary.run import Run
from obrelease.models.artefact import StableHost

_RUNS: Final = ("artefact", "benchmark", "messages", "events", "commit", "host")
_HOSTS: Final = ("host", "processor", "cores", "system", "Python", "built with")
_SHOWN_COMMANDS: Final = 3
_RECORDED_COMMANDS: Final = (
    "Recorded by other programs, as text that nobody has checked; read a command before you run it:"
)


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
    names = {run.digest: f"H{hosts.index(run.artefact.host.stable) + 1}" for run in ordered}
    parts = [_opening(project, tag, commit, len(ordered))]
    if ordered:
        parts += ["## Results", *results(ordered, names), *_failures(ordered)]
        parts += _details(ordered, hosts, names, commit, plots or {}, variants or {})
    parts += ["## Verify", fence(_verification(tag), "sh")]
    parts += _repetition(tag, ordered)
    return "\n\n".join(parts) + "\n"


def _opening(project: str, tag: str, commit: str, count: int) -> str:
    runs = "one run" if count == 1 else f"{count} runs"
    return (
        f"{code(project)} {code(tag)} at commit {code(commit)}, with {runs}. Every number is computed from "
        "an artefact whose digest the details name."
    )


def _verification(tag: str) -> str:
    """Three lines: the tag, every layer of the release, and the files by a standard tool."""
    name = shlex.quote(tag)
    return (
        f"git fetch origin tag {name}\n"
        f"obrelease verify {name}\n"
        "sha256sum --check --strict SHA256SUMS # in a folder with the files"
    )


def _failures(runs: Sequence[Run]) -> Iterator[str]:
    """What must not be hidden: checks that failed."""
    lines = [
        f"* {code(run.digest[:12])} **failed to prove** {', '.join(map(code, run.checks_failed))}."
        for run in runs
        if run.checks_failed
    ]
    if lines:
        yield "\n".join(lines)


def _details(
    runs: Sequence[Run],
    hosts: Sequence[StableHost],
    names: Mapping[str, str],
    commit: str,
    plots: Mapping[str, str],
    variants: Mapping[str, Variants],
) -> Iterator[str]:
    for run in runs:
        if run.digest in variants:
            yield details(f"Parts of {run.digest[:12]}", _variants(run, variants[run.digest]))
    proofs = [line for run in runs for line in _proofs(run)]
    if proofs:
        yield details("Proofs", "\n".join(proofs))
    warnings = [line for run in runs for line in _warnings(run)]
    if warnings:
        yield details(f"Instability and other warnings: {len(warnings):,}", "\n".join(warnings))
    rows = [_run_row(run, names[run.digest], commit) for run in runs]
    drawn = [
        f"* {code(run.digest[:12])} is drawn in {code(plots[run.digest])}, attached."
        for run in runs
        if run.digest in plots
    ]
    yield details(
        "Digests and commits", table(_RUNS, rows, numeric=(2,)), *(["\n".join(drawn)] if drawn else [])
    )
    yield details("Hosts", _hosts(hosts))


def _run_row(run: Run, host: str, commit: str) -> tuple[str, ...]:
    workload, outcome = run.artefact.workload, run.artefact.outcome
    return (
        code(run.digest[:12]),
        benchmark_cell(run),
        number_text(workload.messages if workload else None),
        code(outcome.events_digest[:12] if outcome else ""),
        _commit(run, commit),
        host,
    )


def _commit(run: Run, released: str) -> str:
    """The commit that was measured, marked if it is not, or not exactly, that of the release."""
    if run.commit is None:
        return "unknown"
    marks = ["dirty"] if run.artefact.producer.dirty else []
    marks += ["not the release's"] if run.commit != released else []
    return " ".join([code(run.commit[:12]), *([f"({', '.join(marks)})"] if marks else [])])


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
    return table(_HOSTS, rows, numeric=(2,))


def _libraries(host: StableHost) -> Iterator[str]:
    return (f"{name} {version}" for name, version in sorted(host.libraries.items()))


def _variants(run: Run, variants: Variants) -> str:
    rows = [
        tuple(number_text(cell) if isinstance(cell, int) else code(cell) for cell in row)
        for row in variants.rows
    ]
    numeric = [at for at, cell in enumerate(variants.rows[0]) if isinstance(cell, int)]
    return f"{code(run.digest[:12])} in its parts:\n\n{table(variants.header, rows, numeric=numeric)}"


def _proofs(run: Run) -> Iterator[str]:
    who = f"* {code(run.digest[:12])}"
    workload = run.artefact.workload
    if workload and (source := workload.source):
        yield f"{who} replays {code(source.name)}, sha256 {code(source.sha256)}."
    if run.checks_passed:
        yield f"{who} proved {', '.join(map(code, run.checks_passed))}."


def _warnings(run: Run) -> Iterator[str]:
    who = f"* {code(run.digest[:12])}"
    yield from (f"{who} is unstable: {code(reason)}." for reason in run.unstable)
    if run.artefact.producer.dirty:
        yield f"{who} was measured on a tree with uncommitted changes over {code(run.commit or '')}."


def _repetition(tag: str, runs: Sequence[Run]) -> list[str]:
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
    parts: list[str] = []
    if blocks:
        script = fence("\n".join([f"git switch --detach {shlex.quote(tag)}", *blocks]), "sh")
        shown = script if len(blocks) <= _SHOWN_COMMANDS else details(f"{len(blocks):,} commands", script)
        parts = ["## Measure it again", shown]
    if others:
        parts.append(details("Commands of other programs", _RECORDED_COMMANDS, "\n".join(others)))
    return parts

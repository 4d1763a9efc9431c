"""Do the numbers of a run agree with each other: every derived one is derived again and compared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from obrelease import __version__
from obrelease.analysis.consistency.tables import table_findings
from obrelease.analysis.histograms.histogram import MAX_HLOG_BYTES, Histogram, percentile_csv
from obrelease.analysis.histograms.histogram_log import decode_intervals, merge
from obrelease.analysis.summary.stability import stability_findings
from obrelease.analysis.summary.summarise import WALL_TIMES, samples_of
from obrelease.analysis.tables.csv_bytes import SUMMARY_COLUMNS
from obrelease.analysis.tables.summary import LATENCY_TABLE, SUMMARY_FILE, summary_csv
from obrelease.errors import ObreleaseError
from obrelease.models.artefact import ENVELOPE_NAME, Artefact, Check, Outcome
from obrelease.models.finding import Finding
from obrelease.storage.files import read_bounded

RULE: Final = "numbers"
"""The rule that is broken where two numbers of one run contradict each other."""

_OURS: Final = "obrelease"
_TABLED: Final = frozenset({"bench", "replay"})
_TALLIED: Final = _TABLED | {"stress", "architectures"}
_PASSES_AGREE: Final = "passes-agree"
_TIMED_ONE_BY_ONE: Final = "single-messages-agree"


def disagreements(artefact: Artefact, folder: Path) -> tuple[Finding, ...]:
    """Every number that others of the same run contradict; empty where all agree.

    A digest proves that bytes are those that were recorded, and nothing of what they say. Derived
    again: the counts of histograms from their logs, the tables of each kind of run byte for byte,
    passes from their samples, events from their counts by kind. Of what another program measured,
    the histograms alone can be derived again here.

    Args:
        folder: holds the files that the artefact lists, whose bytes were checked already.
    """
    return tuple(Finding(str(folder / where), RULE, what) for where, what in _found(artefact, folder))


def _found(artefact: Artefact, folder: Path) -> Iterator[tuple[str, str]]:
    histograms: dict[str, Histogram] = {}
    for ref in artefact.histograms:
        try:
            data = read_bounded(folder / ref.path, MAX_HLOG_BYTES)
            histograms[ref.path] = merge(decode_intervals(data, name=ref.path))
        except ObreleaseError as error:
            yield ref.path, error.message.removeprefix(f"{ref.path}: ")
            continue
        if histograms[ref.path].count != ref.count:
            yield ref.path, f"holds {histograms[ref.path].count} values, the envelope says {ref.count}"
    if artefact.producer.name == _OURS:
        yield from ((ENVELOPE_NAME, what) for what in _envelope(artefact))
        first = histograms.get(artefact.histograms[0].path) if artefact.histograms else None
        if artefact.kind in _TABLED and first is not None:
            yield from _tables(artefact, folder, first)
        curves = {ref.name: histograms[ref.path] for ref in artefact.histograms if ref.path in histograms}
        if artefact.producer.version == __version__:
            yield from table_findings(artefact, folder, curves)


def _envelope(artefact: Artefact) -> Iterator[str]:
    """Numbers of the envelope that stand for the same thing."""
    passes, walls = artefact.parameters.get("passes"), samples_of(artefact, WALL_TIMES)
    seeds = str(artefact.parameters.get("seeds", "")).count(",") + 1
    if passes is not None and walls and passes * seeds != len(walls):
        each = f" for each of {seeds} seeds" if seeds > 1 else ""
        yield f"passes is {passes}{each}, and {WALL_TIMES} has {len(walls)} samples"
    yield from stability_findings(artefact)
    outcome = artefact.outcome
    if outcome is not None and artefact.kind in _TALLIED and artefact.histograms:
        yield from _events(outcome)
        for check in outcome.checks:
            if check.name == _TIMED_ONE_BY_ONE:
                yield from _timed(artefact, check)


def _events(outcome: Outcome) -> Iterator[str]:
    by_kind = sum(count for name, count in outcome.counts.items() if "." not in name)
    by_code = sum(count for name, count in outcome.counts.items() if name.startswith("rejected."))
    rejected = outcome.counts.get("rejected", 0)
    if outcome.counts and by_kind != outcome.events:
        yield f"{outcome.events} events, and {by_kind} by their kinds"
    if rejected != by_code:
        yield f"{rejected} rejects, and {by_code} by their codes"
    for check in outcome.checks:
        if check.name == _PASSES_AGREE and check.counts.get("events", outcome.events) != outcome.events:
            yield f"{outcome.events} events, and {check.counts['events']} in the check {check.name}"


def _timed(artefact: Artefact, check: Check) -> Iterator[str]:
    timed, stride, ref = check.counts.get("timed"), check.counts.get("stride"), artefact.histograms[0]
    if timed is None or not stride:
        return
    if timed != ref.count + ref.out_of_range:
        yield f"{timed} messages were timed, and {ref.name} has {ref.count + ref.out_of_range}"
    if artefact.workload is not None and timed != -(-artefact.workload.messages // stride):
        yield f"{artefact.workload.messages} messages, and {timed} timed at a stride of {stride}"


def _tables(artefact: Artefact, folder: Path, latency: Histogram) -> Iterator[tuple[str, str]]:
    """Tables of other versions of this program are left alone: their columns are not known here."""
    listed = {entry.path for entry in artefact.files}
    ours = artefact.producer.version == __version__
    if LATENCY_TABLE in listed and read_bounded(folder / LATENCY_TABLE) != percentile_csv(latency):
        yield LATENCY_TABLE, f"is not the curve of {artefact.histograms[0].path}"
    if SUMMARY_FILE not in listed:
        return
    table = read_bounded(folder / SUMMARY_FILE)
    if table.split(b"\n", 1)[0] != ",".join(SUMMARY_COLUMNS).encode("ascii"):
        if ours:
            yield SUMMARY_FILE, "has other columns than this version writes"
        return
    try:
        again = summary_csv(artefact, latency)
    except ObreleaseError as error:
        yield SUMMARY_FILE, error.message
        return
    if table != again:
        yield SUMMARY_FILE, f"is not what envelope and histogram give: {_first_difference(table, again)}"


def _first_difference(table: bytes, again: bytes) -> str:
    said, true = (text.decode("utf-8", "replace").splitlines()[1:] for text in (table, again))
    if len(said) == len(true) == 1:
        for name, one, other in zip(SUMMARY_COLUMNS, said[0].split(","), true[0].split(","), strict=False):
            if one != other:
                return f"{name} is {one[:40]!a}, and should be {other[:40]!a}"
    return "its rows differ"

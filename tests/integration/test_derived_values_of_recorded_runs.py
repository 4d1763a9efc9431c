"""Tables of stress, architectures and profile runs: one changed number is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from obengine.harness import stress
from obrelease import __version__
from obrelease.analysis.consistency.derived_values import check_derived_values
from obrelease.analysis.histograms.histogram import encode
from obrelease.analysis.histograms.histogram_log import decode_intervals, merge
from obrelease.models.artefact import Artefact, Producer
from obrelease.models.finding import Finding
from obrelease.recorder.architectures import record_architectures
from obrelease.recorder.profile import record_profile
from obrelease.recorder.stress import record_stress
from obrelease.registry.store import Registry

Change = Callable[[dict[str, Any], Path], None]
PRODUCER = Producer(name="obrelease", version=__version__)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One true run of each kind."""
    registry = Registry(tmp_path_factory.mktemp("results"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stress, "BASE_MESSAGES", 200)
        patch.setattr(stress, "SWEEP_MESSAGES", 100)
        stressed = record_stress(
            registry, arrivals="burst", scales=(1, 3), seed=7, core="reference", passes=2,
            rate=50_000, sweep=True, created_ns=1, producer=PRODUCER,
        )  # fmt: skip
    divided = record_architectures(
        registry, seeds=(1, 2), passes=1, messages=300, created_ns=1, producer=PRODUCER
    )
    profiled = record_profile(
        registry, scenario="baseline", seed=7, core="reference", profiler="both", messages=200,
        created_ns=1, producer=PRODUCER,
    )  # fmt: skip
    return {entry.kind: entry.folder for entry in (stressed, divided, profiled)}


def check(folder: Path, document: dict[str, Any] | None = None) -> tuple[Finding, ...]:
    text = (folder / "artefact.json").read_text() if document is None else json.dumps(document)
    return check_derived_values(Artefact.model_validate_json(text), folder)


@pytest.mark.parametrize("kind", ["stress", "architectures", "profile"])
def test_a_run_as_it_was_recorded_agrees_with_itself(runs: dict[str, Path], kind: str) -> None:
    assert check(runs[kind]) == ()


def cell(name: str, line: int, column: str, text: str) -> Change:
    """Change one cell of a table."""

    def change(_document: dict[str, Any], folder: Path) -> None:
        lines = (folder / name).read_text().split("\n")
        cells = lines[line].split(",")
        at = lines[0].split(",").index(column)
        assert cells[at] != text
        cells[at] = text
        lines[line] = ",".join(cells)
        (folder / name).write_text("\n".join(lines))

    return change


def without(name: str, line: int) -> Change:
    def change(_document: dict[str, Any], folder: Path) -> None:
        lines = (folder / name).read_text().split("\n")
        del lines[line]
        (folder / name).write_text("\n".join(lines))

    return change


def doubled(name: str) -> Change:
    """As many values, each twice as long: a histogram of another run."""

    def change(_document: dict[str, Any], folder: Path) -> None:
        held = merge(decode_intervals((folder / name).read_bytes(), name=name))
        values = held.upper_ns.repeat(held.counts) * 2
        (folder / name).write_bytes(encode(values).hlog)

    return change


def named(series: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(each for each in series if each.get("name", each.get("id")) == name)


def sample(name: str, value: int) -> Change:
    def change(document: dict[str, Any], _folder: Path) -> None:
        named(document["metrics"], name)["samples"][0] = value

    return change


def check_count(name: str, count: str, value: int) -> Change:
    def change(document: dict[str, Any], _folder: Path) -> None:
        named(document["outcome"]["checks"], name)["counts"][count] = value

    return change


def timed(name: str, value: int) -> Change:
    def change(document: dict[str, Any], _folder: Path) -> None:
        named(document["histograms"], name)["out_of_range"] = value

    return change


def parameter(name: str, value: Any) -> Change:
    def change(document: dict[str, Any], _folder: Path) -> None:
        document["parameters"][name] = value

    return change


SCALES, SWEEP, ARCHITECTURES = "perf_run_summary.csv", "sweep.csv", "architectures.csv"


@pytest.mark.parametrize(
    ("kind", "change", "path", "message"),
    [
        *(
            ("stress", cell(SCALES, line, column, "7"), SCALES, f"line {line + 1}: {column} is '7'")
            for line, column in (
                (1, "sustained_median_msg_s"), (2, "done_msg_s"), (1, "service_p50_ns"),
                (2, "service_mean_ns"), (1, "response_p999_ns"), (2, "response_max_ns"), (1, "events"),
                (2, "faults"), (1, "messages"),
                (1, "orphan_cancels"), (2, "batches_audited"), (1, "offered_msg_s"), (1, "events_digest"),
            )
        ),
        ("stress", without(SCALES, 1), SCALES, "line 2: scale is '3', and should be '1'"),
        ("stress", without(SCALES, 2), SCALES, "has 2 lines, and should have 3"),
        ("stress", doubled("service-x1.hlog"), SCALES, "line 2: service_mean_ns is"),
        ("stress", doubled("response-x3.hlog"), SCALES, "line 3: response_mean_ns is"),
        ("stress", sample("saturated-wall-x1", 1), SCALES, "line 2: sustained_"),
        ("stress", sample("saturated-wall-x3", 1), "artefact.json", "pass-wall is not saturated-wall-x3"),
        ("stress", sample("open-loop-wall-x1", 1), SCALES, "line 2: done_msg_s"),
        ("stress", check_count("log-integrity-x1", "events", 3), SCALES, "line 2: events is"),
        ("stress", check_count("log-integrity-x3", "events", 3), "artefact.json", "are not those of the"),
        ("stress", timed("response-latency-x1", 1), "artefact.json", "200 messages were sent, and"),
        ("stress", parameter("scales", "1,2"), SCALES, "scale 2 lacks"),
        ("stress", parameter("scales", "a,../3"), SCALES, "should be numbers with commas"),
        ("stress", sample("knee", 123), SWEEP, "the envelope has 123"),
        ("stress", cell(SWEEP, 3, "response_p90_ns", "1"), SWEEP, "percentiles fall at"),
        ("stress", cell(SWEEP, 2, "done_msg_s", "999999999"), SWEEP, "999999999 msg/s done of"),
        ("stress", cell(SWEEP, 2, "done_msg_s", "1e3"), SWEEP, "is not a table of loads"),
        *(
            ("architectures", cell(ARCHITECTURES, 2, column, "7"), ARCHITECTURES, f"line 3: {column} is '7'")
            for column in (
                "architecture", "core", "passes", "throughput_median_msg_s", "against_first_permille",
                "handoff_ns_per_1000_messages", "latency_p50_ns", "latency_max_ns", "busy_ns_per_message",
            )
        ),
        ("architectures", doubled("latency-queue.hlog"), ARCHITECTURES, "line 3: latency_p50_ns is"),
        ("architectures", sample("inline-wall", 1), "artefact.json", "pass-wall is not inline-wall"),
        ("architectures", sample("queue-match-busy", 1), ARCHITECTURES, "line 3: busy_ns_per_message is"),
        ("architectures", sample("queue-wall", 1), ARCHITECTURES, "line 3: throughput_"),
        ("architectures", parameter("cores", "native"), ARCHITECTURES, "lacks what"),
        ("architectures", parameter("passes", 5), "artefact.json", "passes is 5 for each of 2 seeds"),
        ("profile", cell("functions.csv", 1, "calls", "0"), "functions.csv", "without a call"),
        ("profile", cell("functions.csv", 2, "own_ns", "0"), "functions.csv", "does not fall"),
        ("profile", cell("functions.csv", 1, "cumulative_ns", "1"), "functions.csv", "more time of its own"),
        ("profile", cell("functions.csv", 1, "calls", "-1"), "functions.csv", "is not a table of functions"),
        ("profile", cell("allocations.csv", 1, "held_bytes", "1"), "allocations.csv", "does not fall"),
        ("profile", sample("peak-memory", 1), "allocations.csv", "more than the peak"),
    ],
)  # fmt: skip
def test_one_changed_number_is_named(
    runs: dict[str, Path], tmp_path: Path, kind: str, change: Change, path: str, message: str
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(runs[kind], folder)
    document = json.loads((folder / "artefact.json").read_text())
    change(document, folder)
    found = check(folder, document)
    assert {finding.rule for finding in found} == {"numbers"}
    assert [each for each in found if each.path == str(folder / path) and message in each.message], found


def test_tables_of_another_version_are_not_checked(runs: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(runs["stress"], folder)
    (folder / SCALES).write_bytes(b"a,b\n1,2\n")
    document = json.loads((folder / "artefact.json").read_text())
    document["producer"]["version"] = "0.1"
    assert check(folder, document) == ()

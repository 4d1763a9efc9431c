"""Any measured numbers become an artefact that the registry takes and every command reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from obrelease.errors import InvalidInput, UsageError
from obrelease.importers.reimport_check import check_numbers
from obrelease.models.artefact import Producer
from obrelease.recorder.values_artefact import Latencies, Metric, build_artefact, this_machine
from obrelease.registry.store import Registry
from obrelease.storage.durable import NewFile

PRODUCER = Producer(name="load-tool", version="2.1")


def test_metrics_histograms_files_and_labels_are_recorded(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    draft = build_artefact(
        "My Service",
        metrics=[Metric("Requests / s", "req/s", [10.5, 11.0])],
        histograms=[Latencies("GET /", np.array([100, 200, 300]), "response")],
        files=[NewFile("notes.txt", "text/plain", b"warm cache\n")],
        labels={"region": "eu", "shards": 4},
        command=("bench", "--all"),
        producer=PRODUCER,
        created_ns=5,
    )
    entry = registry.record(draft.artefact, draft.files)
    artefact = registry.load(entry)
    assert (artefact.kind, artefact.scenario, artefact.created_ns) == ("imported", "my-service", "5")
    assert artefact.title == "My Service"
    assert (artefact.sources.host, artefact.sources.created) == ("machine", "machine")
    assert (artefact.command, artefact.producer) == (("bench", "--all"), PRODUCER)
    assert artefact.parameters == {}
    assert artefact.label_values == {"region": "eu", "shards": 4}
    assert {label.source for label in artefact.labels.values()} == {"user"}
    (metric,), (histogram,) = artefact.metrics, artefact.histograms
    assert (metric.name, metric.unit, metric.samples) == ("Requests / s", "req/s", (10.5, 11.0))
    assert (histogram.tag, histogram.count, histogram.clock) == ("GET /", 3, "response")
    assert {file.path for file in artefact.files} == {f"latency-{histogram.id}.hlog", "notes.txt"}
    assert artefact.host.stable == this_machine().stable
    assert check_numbers(artefact, entry.folder) == ()


def test_a_picture_with_a_script_is_refused_before_it_is_recorded() -> None:
    picture = NewFile("plot.svg", "image/svg+xml", b"<svg><script>alert(1)</script></svg>")
    with pytest.raises(InvalidInput, match=r"plot\.svg: line 1, column 6: element 'script' is not allowed"):
        build_artefact(
            "x", metrics=[Metric("time", "ns", [7])], files=[picture], producer=PRODUCER, created_ns=1
        )


def test_a_direction_other_than_the_unit_suggests_is_kept() -> None:
    artefact = build_artefact(
        "x",
        metrics=[
            Metric("hits", "%", [99], better="higher"),
            Metric("errors", "n/s", [1], better="lower"),
            Metric("rate", "n/s", [5], better="higher"),
            Metric("time", "ns", [7]),
        ],
        producer=PRODUCER,
        created_ns=1,
    ).artefact
    directions = {each.name: each.direction for each in artefact.metrics}
    assert directions == {"hits": "higher", "errors": "lower", "rate": "higher", "time": "lower"}


@pytest.mark.parametrize(
    ("metrics", "histograms", "message"),
    [
        ([], [], "nothing to record"),
        ([Metric("a", "ns", [])], [], "'a' has no samples"),
        ([Metric("A b", "ns", [1]), Metric("A b", "us", [1])], [], "two metrics have the name 'A b'"),
        ([], [Latencies("h", [1]), Latencies("h", [1])], "two histograms have the name 'h'"),
        ([], [Latencies("h", [0.5])], "whole nanoseconds"),
        ([], [Latencies("h", [[1]])], "one dimension"),
    ],
)
def test_values_that_cannot_be_stored_are_refused(
    metrics: list[Metric], histograms: list[Latencies], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        build_artefact("x", metrics=metrics, histograms=histograms, producer=PRODUCER, created_ns=1)


def test_a_unit_that_an_envelope_does_not_take_is_invalid_input() -> None:
    with pytest.raises(InvalidInput, match="unit"):
        build_artefact("x", metrics=[Metric("a", "x" * 65, [1])], producer=PRODUCER, created_ns=1)


def test_metrics_of_one_name_differ_in_their_parameters() -> None:
    metrics = [Metric("build", "s", [8.0 / n], parameters={"threads": n}) for n in (1, 2, 4)]
    artefact = build_artefact("x", metrics=metrics, producer=PRODUCER, created_ns=1).artefact
    assert [(each.name, each.parameters) for each in artefact.metrics] == [
        ("build", {"threads": 1}), ("build", {"threads": 2}), ("build", {"threads": 4}),
    ]  # fmt: skip
    assert len({each.id for each in artefact.metrics}) == 3


def test_a_time_that_the_caller_gives_is_of_the_user() -> None:
    metrics = [Metric("build", "s", [8.0])]
    given = build_artefact("x", metrics=metrics, producer=PRODUCER, created_ns=1, created_by_user=True)
    assert given.artefact.sources.created == "user"

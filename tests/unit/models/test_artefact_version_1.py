"""Version 1 of the envelope is validated by its own rules and upgraded; no valid run of it is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from obrelease.models.artefact import Artefact
from obrelease.models.artefact_version_1 import HistogramRef, Measurement, UpgradedArtefact, upgraded
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.validation import (
    check_document,
    document_bytes,
    read_artefact_model,
    read_document,
)
from tests.drafts import draft, version_1_draft

SORT = Measurement(name="sort", unit="%", samples=(2, 1))


def read(**changes: Any) -> Artefact:
    return read_document(document_bytes(version_1_draft(**changes)), Artefact, "artefact.json")


def test_directions_and_labels_come_out_of_the_parameters() -> None:
    parameters = {"direction.sort": "higher", "label.compiler": "gcc", "label.lto": True, "passes": 3}
    rate = Measurement(name="rate", unit="msg/s", samples=(5,))
    found = read(kind="imported", parameters=parameters, measurements=(SORT, rate))
    assert [(m.id, m.name, m.direction) for m in found.metrics] == [
        ("sort", "sort", "higher"), ("rate", "rate", "higher"),
    ]  # fmt: skip
    assert found.label_values == {"compiler": "gcc", "lto": True}
    assert {label.source for label in found.labels.values()} == {"user"}
    assert found.parameters == {"passes": 3}
    assert (found.title, found.host.name, found.stored_version) == (found.scenario, None, 1)


@pytest.mark.parametrize("stated", ["upwards", "", "bigger", True])
def test_a_direction_that_no_reader_knows_is_not_valid(stated: object) -> None:
    document = version_1_draft(measurements=(SORT,)).model_dump(mode="json")
    document["parameters"]["direction.sort"] = stated
    (problem, *_) = check_document(canonical_bytes(document), "artefact.json")[1]
    assert "neither 'higher' nor 'lower'" in problem.message


def test_the_sources_of_an_own_run_are_known_and_those_of_an_import_are_not() -> None:
    assert read().sources.model_dump() == {"host": "machine", "commit": "machine", "created": "machine"}
    assert set(read(kind="imported").sources.model_dump().values()) == {None}


def test_what_version_1_accepted_and_version_2_refuses_is_read_and_named() -> None:
    empty = Measurement(name="empty", unit="ns", samples=())
    again = Measurement(name="sort", unit="%", samples=(3,))
    ref = HistogramRef(
        name="h", path="h.hlog", unit="ns", clock="service", count=0, out_of_range=0, significant_digits=3
    )
    parameters = {"label.": "no key"}
    found = read(measurements=(SORT, empty, again), histograms=(ref, ref), parameters=parameters)
    assert [(m.name, m.samples) for m in found.metrics] == [("sort", (2, 1))]
    assert [(row.name, row.reason) for row in found.left_out] == [
        ("empty", "has no samples"), ("sort", "another measurement has the same name"),
    ]  # fmt: skip
    assert [ref.name for ref in found.histograms] == ["h"]


def test_cpu_times_of_google_benchmark_are_secondary() -> None:
    producer = draft().producer.model_copy(update={"name": "google-benchmark"})
    cpu = Measurement(name="sort.cpu", unit="ns", samples=(1,))
    found = read(kind="imported", producer=producer, measurements=(SORT, cpu))
    assert [metric.primary for metric in found.metrics] == [True, False]


def test_an_upgraded_run_is_valid_in_the_newest_version() -> None:
    found = upgraded(version_1_draft(parameters={"label.a": 1, "direction.pass-wall": "lower"}))
    assert isinstance(found, UpgradedArtefact)
    data = document_bytes(found)
    assert json.loads(data)["version"] == 2
    assert check_document(data, "artefact.json")[1] == ()
    assert read_artefact_model(data, "artefact.json").stored_version == 2


@pytest.mark.parametrize("field", ["measurements", "metrics", "title"])
def test_fields_of_one_version_are_unknown_to_the_other(field: str) -> None:
    older, newer = version_1_draft().model_dump(mode="json"), draft().model_dump(mode="json")
    document = older | {field: newer[field]} if field in newer else newer | {field: older[field]}
    found = check_document(canonical_bytes(document), "artefact.json")[1]
    assert [problem.message for problem in found][:1] == [f"$.{field}: unknown field"]

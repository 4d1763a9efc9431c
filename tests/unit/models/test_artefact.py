"""Rules of artefact format 2 that no JSON Schema can express, and the fields that are not written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from obrelease.models.artefact import (
    Artefact,
    HistogramRef,
    Label,
    LeftOutRow,
    RecordedMetric,
    RecordedSummary,
    own_series,
)
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.metric_identity import metric_id
from obrelease.models.validation import check_document, document_bytes, read_document
from tests.drafts import draft, histogram_ref


def metric(name: str = "BM_Put", **fields: Any) -> dict[str, Any]:
    return {"id": metric_id(name, fields.get("parameters", {})), "name": name, "unit": "ns", **fields}


def problems(**changes: Any) -> list[str]:
    document = draft().model_dump(mode="json") | changes
    return [problem.message for problem in check_document(canonical_bytes(document), "artefact.json")[1]]


SUMMARY = {"value": 1.5, "statistic": "mean", "figures": {}}

REFUSED: dict[str, tuple[list[dict[str, Any]], str]] = {
    "another id": ([metric(samples=[1]) | {"id": "bm_put"}], "its name and parameters give"),
    "the id without parameters": (
        [metric(samples=[1]) | {"parameters": {"n": 1}}],
        "its name and parameters give",
    ),
    "two of one id": ([metric(samples=[1]), metric(samples=[2])], "two have the id"),
    "no value": ([metric()], "not exactly one of samples, summary and histogram"),
    "no samples": ([metric(samples=[])], "not exactly one of samples, summary and histogram"),
    "samples and a summary": ([metric(samples=[1], summary=SUMMARY)], "not exactly one"),
    "a histogram that is missing": ([metric(histogram="latency")], "'latency', which is missing"),
    "no name": ([metric("") | {"id": "unnamed", "samples": [1]}], "at least 1 character"),
    "a name of 4,097 characters": ([metric("x" * 4097, samples=[1])], "at most 4096 characters"),
    "a unit of 65 characters": ([metric(samples=[1]) | {"unit": "u" * 65}], "at most 64 characters"),
    "a direction that no reader knows": ([metric(samples=[1], direction="upwards")], "'higher' or 'lower'"),
    "a statistic that no reader knows": (
        [metric(summary=SUMMARY | {"statistic": "mode"})],
        "'median', 'mean', 'minimum' or 'value'",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_each_rule_of_a_metric_is_checked_when_a_run_is_read(case: str) -> None:
    metrics, message = REFUSED[case]
    (found, *_) = problems(metrics=metrics)
    assert message in found


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"histograms": [histogram_ref().model_dump() | {"id": "other"}]}, "its tag gives 'latency'"),
        ({"histograms": [histogram_ref().model_dump()] * 2}, "two have the id 'latency'"),
        ({"labels": {"a": {"value": 1, "source": "guess"}}}, "'file', 'user' or 'machine'"),
        ({"labels": {"": {"value": 1, "source": "user"}}}, "pattern"),
        ({"labels": {"k" * 257: {"value": 1, "source": "user"}}}, "pattern"),
        ({"labels": {"a": 1}}, "object"),
        ({"sources": {"host": "guess"}}, "'file', 'user' or 'machine'"),
    ],
)
def test_each_rule_of_a_run_is_checked(changes: dict[str, Any], message: str) -> None:
    (found, *_) = problems(**changes)
    assert message in found


def test_everything_that_format_2_has_is_written_and_read_again() -> None:
    kept = draft(
        title="\u202eMy <Service>\0",
        labels={"compiler flags": Label(value="-O2 \u00b5", source="file")},
        parameters={"Any key\n": 1.5},
        metrics=(
            own_series("pass-wall", "ns", (1, 2)),
            RecordedMetric(
                id=metric_id("BM<int>", {"threads": 8}),
                name="BM<int>",
                unit="\u00b0C",
                parameters={"threads": 8},
                group="g",
                primary=False,
                summary=RecordedSummary(value=-1.5, statistic="value", count=3, figures={"p90": 2}),
            ),
            RecordedMetric(id="long", name="long", unit="ns", direction="lower", histogram="latency"),
        ),
        histograms=(
            histogram_ref(),
            HistogramRef(
                **histogram_ref("b.hlog").model_dump() | {"id": "get-a-f9046a500309", "tag": "GET:/a"}
            ),
        ),
        left_out=(LeftOutRow(name="BM_Broken", reason="failed"),),
    )
    data = document_bytes(kept)
    assert read_document(data, Artefact, "artefact.json") == kept
    assert json.loads(data)["metrics"][0] == {
        "direction": "lower",
        "id": "pass-wall",
        "name": "pass-wall",
        "primary": True,
        "samples": [1, 2],
        "unit": "ns",
    }


def test_the_envelope_of_ten_thousand_metrics_with_long_names_is_within_its_limits() -> None:
    metrics = tuple(own_series("BM_" + f"{number:05d}" * 200, "ns", (number,)) for number in range(10_000))
    data = document_bytes(draft(metrics=metrics))
    assert len(read_document(data, Artefact, "artefact.json").metrics) == 10_000

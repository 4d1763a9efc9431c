"""What `sound_artefact` recognises, the full check accepts: with documents gone wrong in every place."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import BaseModel

from obrelease.errors import InvalidInput
from obrelease.importers.reimport_check import check_numbers
from obrelease.models.artefact import Artefact, FileEntry, RecordedSummary, own_series
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.metric_identity import metric_id
from obrelease.models.sound_artefact import has_derived_numbers, sound_artefact
from obrelease.models.validation import check_document, document_bytes
from tests.differential.spoiled_documents import one_document_of_each_kind, places, sound_documents, spoiled
from tests.drafts import draft, histogram_ref

VALIDATORS: Final = {
    "Artefact._check_file_paths",
    "Artefact._check_ids",
    "HistogramRef._check_identity",
    "RecordedMetric._check_identity_and_values",
}
"""The rules that no schema has; `models.artefact_rules` has each of them."""


def rich_document() -> Any:
    """A run that has everything that a rule is about."""
    file = FileEntry(path="plots/a.csv", media_type="text/csv", size=1, sha256="0" * 64)
    name, parameters = "BM<int>", {"threads": 8}
    metrics = (
        own_series("wall", "ns", (1.5, 2, 3)),
        own_series("cpu", "ns", (1,)).model_copy(
            update={"samples": (), "summary": RecordedSummary(value=2, statistic="mean")}
        ),
        own_series("rest", "ns", (1,)).model_copy(update={"samples": (), "histogram": "latency"}),
        own_series("x", "ns", (1,)).model_copy(
            update={"id": metric_id(name, parameters), "name": name, "parameters": parameters}
        ),
    )
    files = (
        file,
        file.model_copy(update={"path": "b.csv"}),
        file.model_copy(update={"path": "latency.hlog"}),
    )
    made = draft(metrics=metrics, histograms=(histogram_ref(),), files=files)
    return json.loads(document_bytes(made))


def newest(documents: list[Any]) -> list[Any]:
    return [rich_document(), *(value for value in documents if value["version"] == 2)]


def recognised(data: bytes) -> bool:
    """Whether an artefact is recognised; then the full check must find nothing, and the same value."""
    value = sound_artefact(data)
    if value is None:
        return False
    document, problems = check_document(data, "x")
    assert problems == (), data
    assert isinstance(document, Artefact)
    assert value == json.loads(data)
    return True


def test_sound_documents_are_recognised() -> None:
    """All but those with text beyond ASCII, or with numbers that RFC 8785 may write with an exponent."""
    found = [canonical_bytes(value) for value in newest(sound_documents())]
    plain = [data for data in found if data.isascii() and b".000000" not in data]
    assert len(plain) > len(found) / 2
    assert all(map(recognised, plain))


@pytest.mark.parametrize(
    "documents",
    [one_document_of_each_kind, pytest.param(sound_documents, marks=pytest.mark.nightly)],
    ids=lambda documents: documents.__name__,
)
def test_no_spoiled_document_is_recognised_that_the_full_check_refuses(
    documents: Callable[[], list[Any]],
) -> None:
    """Both answers occur often, so that the comparison is informative."""
    chance = random.Random(7)
    seen = {True: 0, False: 0}
    for value in newest(documents()):
        for at in places(value):
            for _ in range(3):
                try:
                    data = canonical_bytes(spoiled(value, at, chance))
                except InvalidInput:
                    continue
                seen[recognised(data)] += 1
    assert min(seen.values()) > 100
    assert sum(seen.values()) > 1_000


def test_no_changed_byte_is_recognised_that_the_full_check_refuses() -> None:
    chance = random.Random(11)
    data = canonical_bytes(rich_document())
    for at in range(len(data)):
        for new in (chance.randrange(256), chance.choice(b'"0 -')):
            recognised(data[:at] + bytes([new]) + data[at + 1 :])
        recognised(data[:at] + data[at + 1 :])
        recognised(data[:at] + data[at : at + 1] + data[at:])


def broken_rules() -> Iterator[tuple[str, Callable[[Any], object]]]:
    yield "id of a metric", lambda value: value["metrics"][0].update(id="other")
    yield "no samples", lambda value: value["metrics"][0].pop("samples")
    yield "two forms", lambda value: value["metrics"][0].update(histogram="latency")
    yield "id of a histogram", lambda value: value["histograms"][0].update(tag="other")
    yield "two metrics", lambda value: value["metrics"].append(value["metrics"][0])
    yield "two histograms", lambda value: value["histograms"].append(value["histograms"][0])
    yield "histogram that is missing", lambda value: value["histograms"].clear()
    yield "two files", lambda value: value["files"][1].update(path="LATENCY.HLOG")
    yield "envelope as a file", lambda value: value["files"][1].update(path="Artefact.json")
    yield "file and folder", lambda value: value["files"][1].update(path="Plots")


@pytest.mark.parametrize(("name", "change"), list(broken_rules()))
def test_a_rule_that_no_schema_has_is_not_overlooked(name: str, change: Callable[[Any], object]) -> None:
    value = rich_document()
    change(value)
    data = canonical_bytes(value)
    assert [problem.rule for problem in check_document(data, "x")[1]] == ["model"], name
    assert sound_artefact(data) is None


def test_every_validator_of_the_model_is_known() -> None:
    """A new one needs a rule in `models.artefact_rules` and a case above."""
    found: set[str] = set()
    pending: list[type[BaseModel]] = [Artefact]
    seen: set[type[BaseModel]] = set()
    while pending:
        model = pending.pop()
        if model in seen:
            continue
        seen.add(model)
        decorators = model.__pydantic_decorators__
        for kind in (decorators.model_validators, decorators.field_validators, decorators.validators):
            found |= {f"{model.__name__}.{name}" for name in kind}
        for field in model.model_fields.values():
            pending += models_in(field.annotation)
    assert len(seen) > 10
    assert found == VALIDATORS


def models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in models_in(part)]


def test_a_run_without_derived_numbers_has_none_that_can_be_wrong(tmp_path: Path) -> None:
    """`validate` does not load the checks of numbers for such a run."""
    seen = {True: 0, False: 0}
    for value in newest(sound_documents()):
        for change in ({}, {"producer": {**value["producer"], "name": "other"}}, {"command": ["x"]}):
            for histograms in (value["histograms"], []):
                changed = {**value, **change, "histograms": histograms}
                artefact = check_document(canonical_bytes(changed), "x")[0]
                if not isinstance(artefact, Artefact):
                    continue
                derived = has_derived_numbers(changed)
                seen[derived] += 1
                if not derived:
                    assert check_numbers(artefact, tmp_path) == ()
                    assert not artefact.drawn_with or artefact.producer.name != "obrelease"
    assert min(seen.values()) > 2

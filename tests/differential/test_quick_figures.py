"""The quick reader of imported runs gives the figures of the full one, or none.

It accepts no part that it reads and the full one refuses.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obrelease.analysis.history.quick_figures import quick_figures
from obrelease.analysis.history.run_figures import run_figures
from obrelease.analysis.summary.read_run import read_run
from obrelease.errors import InvalidInput
from obrelease.models.artefact import (
    Artefact,
    Host,
    Label,
    Producer,
    RecordedMetric,
    RecordedSummary,
    StableHost,
    VolatileHost,
)
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.metric_identity import metric_id
from obrelease.models.run_figures import RunFigures
from obrelease.models.validation import document_bytes, read_document
from obrelease.storage.hashing import digest_bytes
from tests.drafts import draft

NOT_READ: Final = ("files", "parameters", "command", "left_out", "drawn_with")
ODD: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 2**53 - 1, 0.5, 1e300, "", "x", "x" * 5_000, "é", "lower", "0" * 64,
    "f" * 40, "18446744073709551616", "A-B", [], [None], [1, 2], ["1"], [1e300], {}, {"a": 1},
)  # fmt: skip

numbers = st.one_of(
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.floats(-1e15, 1e15, allow_nan=False, allow_infinity=False),
    st.sampled_from([0, 1, 0.5, 100.25]),
)
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
scalars = st.one_of(st.booleans(), st.integers(-1000, 1000), st.floats(-10, 10), texts)


@st.composite
def metrics(draw: st.DrawFn) -> RecordedMetric:
    name = draw(st.one_of(texts, st.sampled_from(["BM_Put", "pass-wall", "bm"])))
    parameters = draw(st.dictionaries(texts, scalars, max_size=2))
    values: dict[str, Any] = {"samples": tuple(draw(st.lists(numbers, min_size=1, max_size=9)))}
    if draw(st.booleans()):
        statistic: Any = draw(st.sampled_from(["median", "mean", "minimum", "value"]))
        count = draw(st.none() | st.integers(0, 9))
        figures = draw(st.dictionaries(texts, numbers, max_size=2))
        summary = RecordedSummary(value=draw(numbers), statistic=statistic, count=count, figures=figures)
        values = {"summary": summary}
    return RecordedMetric(
        id=metric_id(name, parameters),
        name=name,
        unit=draw(st.sampled_from(["ns", "us", "ms", "s", "bytes", "msg/s", "é"])),
        direction=draw(st.sampled_from([None, "lower", "higher"])),
        parameters=parameters,
        group=draw(st.none() | texts),
        primary=draw(st.booleans()),
        **values,
    )


@st.composite
def imported_runs(draw: st.DrawFn) -> Artefact:
    return imported(
        created_ns=str(draw(st.integers(0, 2**64 - 1))),
        title=draw(texts),
        producer=Producer(
            name="jmh",
            version="1",
            commit=draw(st.sampled_from([None, "ab" * 20, "cd" * 32])),
            dirty=draw(st.sampled_from([None, True, False])),
        ),
        host=Host(
            name=draw(st.none() | texts),
            stable=StableHost(
                system="Linux",
                machine=draw(st.sampled_from(["x86_64", "unknown"])),
                cpu_model="a cpu",
                cpu_count=draw(st.integers(0, 4)),
                python=draw(st.sampled_from(["3.11.2", "none"])),
                compiler=draw(st.none() | texts),
                libraries=draw(st.dictionaries(st.sampled_from(["numpy", "scipy"]), texts)),
            ),
            volatile=VolatileHost(load_1m_milli=draw(st.none() | st.integers(0, 9_000))),
        ),
        labels=draw(
            st.dictionaries(texts, st.builds(Label, value=scalars, source=st.just("user")), max_size=2)
        ),
        parameters=draw(
            st.dictionaries(st.sampled_from(["core", "library_build_type", "date"]), scalars, max_size=3)
        ),
        metrics=tuple(draw(st.lists(metrics(), max_size=4, unique_by=lambda each: each.id))),
    )


def imported(**changes: Any) -> Artefact:
    fields: dict[str, Any] = {
        "kind": "imported",
        "scenario": "demo",
        "workload": None,
        "outcome": None,
        "parameters": {},
    }
    return draft(**(fields | changes))


def in_full(data: bytes) -> RunFigures:
    artefact = read_document(data, Artefact, "run")
    return run_figures(read_run(artefact, digest=digest_bytes(data), folder=Path("/nowhere")))


def plain(figures: RunFigures) -> tuple[Any, ...]:
    """Figures with their JSON parsed; `repr`, so that 1 and 1.0 and True differ."""
    listed, labels = json.loads(figures.listed_json), json.loads(figures.labels_json)
    return repr(figures._replace(listed_json="", labels_json="")), repr(sorted_items(listed)), labels


def sorted_items(value: Any) -> Any:
    if isinstance(value, dict):
        return sorted((key, sorted_items(item)) for key, item in value.items())
    return [sorted_items(item) for item in value] if isinstance(value, list) else value


@settings(max_examples=60)
@given(imported_runs())
def test_valid_runs_have_the_figures_of_the_full_reading(run: Artefact) -> None:
    data = document_bytes(run)
    found = quick_figures(data, digest_bytes(data))
    if any(metric.name == "pass-wall" for metric in run.metrics):
        assert found is None
    else:
        assert found is not None
        assert plain(found) == plain(in_full(data))


@pytest.mark.parametrize(
    "run",
    [
        draft(),
        imported(workload=draft().workload, metrics=()),
        imported(outcome=draft().outcome, metrics=()),
        imported(metrics=(RecordedMetric(id="a", name="a", unit="ns", samples=(1e300,)),)),
    ],
    ids=["own run", "workload", "outcome", "large number"],
)
def test_unusual_runs_are_left_to_the_full_reading(run: Artefact) -> None:
    data = document_bytes(run)
    assert quick_figures(data, digest_bytes(data)) is None
    assert in_full(data).place == f"{run.kind}/{run.scenario}"


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"null", b"1", b'"x"', b"{}", b"\xff", b'{"format":"obrelease.plan"}', b"[" * 10_000],
)
def test_what_is_no_envelope_has_no_figures(data: bytes) -> None:
    assert quick_figures(data, digest_bytes(data)) is None


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if at and at[0] not in NOT_READ:
        yield at
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        yield from places(child, (*at, key))


def changed(value: Any, place: tuple[Any, ...], to: Any) -> bytes:
    result = deepcopy(value)
    inner = result
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = to
    return canonical_bytes(result)


def test_a_part_that_is_read_and_was_changed_is_refused_or_has_the_figures_of_the_full_reading() -> None:
    summary = RecordedSummary(value=3, statistic="mean", count=2, figures={"p90": 4.5})
    sound = json.loads(
        document_bytes(
            imported(
                labels={"branch": Label(value="main", source="user")},
                metrics=(
                    RecordedMetric(id="a", name="a", unit="ms", direction="lower", samples=(3, 1.5)),
                    RecordedMetric(id="b", name="b", unit="1", group="g", summary=summary),
                ),
            )
        )
    )
    compared = 0
    for place in places(sound):
        if place[:2] == ("host", "volatile") and place[2:] != ("load_1m_milli",):
            continue  # not read
        for odd in ODD:
            data = changed(sound, place, odd)
            found = quick_figures(data, digest_bytes(data))
            try:
                expected = in_full(data)
            except InvalidInput:
                assert found is None, (place, odd)
                continue
            assert found is None or plain(found) == plain(expected), (place, odd)
            compared += found is not None
    assert compared > 100

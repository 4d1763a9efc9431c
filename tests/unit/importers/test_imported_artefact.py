"""From runs of tools to artefacts: names are kept, what cannot be kept is named, sources are stated."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from obrelease.analysis.histograms.histogram import encode
from obrelease.analysis.summary.read_run import read_run
from obrelease.errors import InvalidInput
from obrelease.importers.imported_artefact import GivenFacts, build_imported_run
from obrelease.importers.tool_run import LeftOut, ToolHistogram, ToolMetric, ToolRun, ToolSummary
from obrelease.models.artefact_draft import ArtefactDraft
from obrelease.registry.check_folder import check_folder
from obrelease.registry.store import Registry
from obrelease.storage.durable import NewFile

ORIGINAL = NewFile("original.json", "application/json", b"{}")


def build(
    *metrics: ToolMetric, given: GivenFacts | None = None, strict: bool = False, **fields: Any
) -> ArtefactDraft:
    run = ToolRun(
        tool="tool", tool_version=None, title=fields.pop("title", "My Suite"), metrics=metrics, **fields
    )
    facts = given or GivenFacts(now_ns=7)
    return build_imported_run(run, ORIGINAL, facts, format_name="tool", file_name="run.json", strict=strict)


def timed(name: str, *samples: float, **fields: Any) -> ToolMetric:
    return ToolMetric(name, "ns", "lower", samples or (1.0,), **fields)


def rows(draft: ArtefactDraft) -> list[tuple[str, str]]:
    return [(row.name, row.reason) for row in draft.artefact.left_out]


NAMES = [
    "BM_Put",
    "BM_put",
    "BM<int>/4",
    "BM<int/4>",
    "BM_\u0394",
    "BM_\u03a3",
    "a\x1b[31m",
    "\u202eb",
    "x" * 1000,
    "c\nd",
]


@pytest.mark.parametrize("order", [1, -1])
def test_names_of_every_kind_are_kept_with_ids_that_do_not_depend_on_order(
    order: int, tmp_path: Path
) -> None:
    draft = build(*(timed(name) for name in NAMES[::order]))
    assert [metric.name for metric in draft.artefact.metrics] == NAMES[::order]
    ids = {metric.name: metric.id for metric in build(*map(timed, NAMES)).artefact.metrics}
    assert {metric.name: metric.id for metric in draft.artefact.metrics} == ids
    entry = Registry(tmp_path).record(draft.artefact, draft.files)
    assert check_folder(entry.folder).problems == ()


def test_two_results_of_one_name_are_left_out_and_named_whatever_their_order() -> None:
    found = build(timed("BM_Twice", 20), timed("BM_Fine"), timed("BM_Twice", 2000))
    assert [metric.name for metric in found.artefact.metrics] == ["BM_Fine"]
    assert rows(found) == [("BM_Twice", "2 results have this name and these parameters")]
    kept = build(timed("a", parameters={"n": 1}), timed("a", parameters={"n": 2}))
    assert (len(kept.artefact.metrics), rows(kept)) == (2, [])


LEFT_OUT: dict[str, tuple[ToolMetric, str]] = {
    "a name of a megabyte": (timed("x" * 2**20), "its name has 1,048,576 characters; at most 4,096 are kept"),
    "no name": (timed(""), "has no name"),
    "a long unit": (ToolMetric("a", "u" * 65, "lower", (1.0,)), "its unit has 65 characters"),
    "a long parameter": (timed("a", parameters={"k": "v" * 5000}), "its parameter 'k' is too long"),
    "no samples": (ToolMetric("a", "ns", "lower"), "has no samples"),
    "no finite sample": (timed("a", math.nan), "its value is missing, not finite or beyond 2^53 - 1"),
    "a counter of 64 bits": (timed("a", 12345678901234567890), "beyond 2^53 - 1"),
    "a summary that is not finite": (
        ToolMetric("a", "ns", "lower", summary=ToolSummary(math.inf, "mean")),
        "its value is not a finite number",
    ),
}


@pytest.mark.parametrize("case", LEFT_OUT)
def test_a_metric_that_cannot_be_kept_is_named_and_the_others_are_recorded(case: str) -> None:
    metric, reason = LEFT_OUT[case]
    found = build(metric, timed("kept"))
    assert [each.name for each in found.artefact.metrics] == ["kept"]
    ((name, why),) = rows(found)
    assert reason in why
    assert len(name) <= 200
    with pytest.raises(InvalidInput, match=r"^run\.json: '") as caught:
        build(metric, timed("kept"), strict=True)
    assert len(caught.value.message) < 500
    with pytest.raises(InvalidInput, match="holds no result that can be recorded"):
        build(metric)


def test_a_bad_sample_does_not_take_the_others_with_it_and_zeros_stay() -> None:
    found = build(timed("a", 0.0, math.nan, 3.0, -1.0))
    assert found.artefact.metrics[0].samples == (0.0, 3.0, -1.0)
    assert rows(found) == [("a", "1 of its 4 samples are missing, not finite or beyond 2^53 - 1")]


def test_what_json_cannot_hold_becomes_text() -> None:
    found = build(
        timed("half \ud83d", parameters={"seed": 2**64, "ratio": math.nan}),
        title="\ud83d",
        parameters={"big": 2**60},
        labels={"l": math.inf},
        left_out=[LeftOut("\ud83d", "why")],
    ).artefact
    (metric,) = found.metrics
    assert (metric.name, metric.parameters) == ("half \ufffd", {"seed": str(2**64), "ratio": "nan"})
    assert (found.title, found.parameters, found.label_values) == (
        "\ufffd",
        {"big": str(2**60)},
        {"l": "inf"},
    )


def test_facts_of_the_user_come_before_those_of_the_file_and_keep_their_source() -> None:
    of_file = {
        "host_name": "lab-7",
        "commit": "ab" * 20,
        "dirty": True,
        "created_ns": 5,
        "labels": {"runner": "small", "a": 1},
    }
    plain = build(timed("a"), **of_file).artefact
    assert (plain.host.name, plain.producer.commit, plain.producer.dirty) == ("lab-7", "ab" * 20, True)
    assert plain.created_ns == "5"
    assert set(plain.sources.model_dump().values()) == {"file"}
    user = GivenFacts(
        now_ns=7, title="Mine", commit="cd" * 20, host_name="mine", labels={"runner": "large"}, created_ns=9
    )
    mine = build(timed("a"), given=user, **of_file).artefact
    assert (mine.host.name, mine.producer.commit, mine.producer.dirty) == ("mine", "cd" * 20, None)
    assert (mine.created_ns, mine.title) == ("9", "Mine")
    assert set(mine.sources.model_dump().values()) == {"user"}
    assert {key: (label.value, label.source) for key, label in mine.labels.items()} == {
        "runner": ("large", "user"),
        "a": (1, "file"),
    }


def test_facts_that_nobody_gives_are_those_of_the_machine_or_missing() -> None:
    found = build(timed("a")).artefact
    assert found.sources.model_dump() == {"host": None, "commit": None, "created": "machine"}
    assert (found.created_ns, found.producer.commit, found.producer.dirty) == ("7", None, None)
    head = build(timed("a"), given=GivenFacts(now_ns=7, head_commit="ef" * 20)).artefact
    assert (head.producer.commit, head.producer.dirty, head.sources.commit) == ("ef" * 20, False, "machine")


def test_an_abbreviated_commit_is_a_label() -> None:
    found = build(timed("a"), commit="0123abcd").artefact
    assert (found.producer.commit, found.label_values) == (None, {"commit": "0123abcd"})


def test_a_series_that_is_a_histogram_is_read_as_a_metric_with_its_figures(tmp_path: Path) -> None:
    log = encode(np.arange(1_000, 21_000, dtype=np.int64)).hlog
    histogram = ToolHistogram("long", log, "service", 20_000, 0, 3)
    tagged = ToolHistogram("", log, "response", 20_000, 0, 3)
    draft = build(
        ToolMetric("long", "ns", "lower", histogram=histogram, parameters={"n": 1}), histograms=[tagged]
    )
    registry = Registry(tmp_path)
    entry = registry.record(draft.artefact, draft.files)
    run = read_run(registry.load(entry), digest=entry.digest, folder=entry.folder)
    (metric,) = run.metrics.values()
    assert (metric.name, metric.count, metric.histogram) == ("long", 20_000, metric.id)
    assert metric.value == pytest.approx(11_000, rel=2e-3)
    assert metric.summary is not None
    assert metric.summary.figures["p99"] == pytest.approx(20_800, rel=2e-3)
    assert [ref.tag for ref in run.artefact.histograms] == ["", metric.id]


def test_tags_of_one_name_are_left_out_and_others_are_kept_apart() -> None:
    log = encode(np.array([5], dtype=np.int64)).hlog
    tags = [
        "READ",
        "read",
        "x" * 60 + "-read",
        "x" * 60 + "-write",
        "GET:/a",
        "GET-/a",
        "con",
        "twice",
        "twice",
    ]
    found = build(histograms=[ToolHistogram(tag, log, "service", 1, 0, 3) for tag in tags])
    assert [ref.tag for ref in found.artefact.histograms] == tags[:-2]
    assert len({ref.path for ref in found.artefact.histograms}) == len(tags) - 2
    assert rows(found) == [("twice", "2 histograms have this tag")] * 2

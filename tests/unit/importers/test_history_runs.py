"""Runs of a history that have no result stop no import, and are named."""

from __future__ import annotations

from obrelease.importers.history_runs import runs_with_results
from obrelease.importers.tool_run import ToolMetric, ToolRun

METRIC = ToolMetric("sort", "ns", "lower", samples=[1.0])


def run(title: str, *, good: bool) -> ToolRun:
    return ToolRun("asv", None, title, metrics=[METRIC] if good else [], commit="a" * 40)


def test_a_run_without_results_is_named_by_the_next_one() -> None:
    runs = list(runs_with_results([run("1", good=False), run("2", good=True), run("3", good=True)]))
    assert [(each.title, list(each.notes)) for each in runs] == [
        ("2", ["not imported: 1 of commit aaaaaaaaaaaa: has no result"]),
        ("3", []),
    ]


def test_those_at_the_end_are_named_by_the_last_one() -> None:
    runs = list(runs_with_results([run("1", good=True), run("2", good=True), run("3", good=False)]))
    assert [len(each.notes) for each in runs] == [0, 1]


def test_a_history_without_any_result_gives_its_last_run() -> None:
    assert list(runs_with_results([run("1", good=False), run("2", good=False)])) == [run("2", good=False)]
    assert list(runs_with_results([])) == []

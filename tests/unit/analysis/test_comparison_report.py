"""Markdown of a comparison: what it shows, its size, silence, and names that try to be more than names."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from obrelease.analysis.comparison.compare import Comparison, compare
from obrelease.analysis.notes.comparison_report import (
    MAX_CHARACTERS,
    comparison_markdown,
    workflow_annotations,
)
from obrelease.analysis.summary.run import Metric, Run
from obrelease.models.metric_identity import metric_id
from tests.made_up_runs import run, with_fields

NOISE = (0.999, 1.0, 1.001, 1.0005, 0.9995, 1.0002)


def side(name: str, values: dict[str, float]) -> list[Run]:
    """Six runs that measured these metrics."""
    runs = []
    for number, noise in enumerate(NOISE):
        metrics = {
            metric_id(metric, {}): Metric(metric_id(metric, {}), metric, "ns", "lower", (value * noise,))
            for metric, value in values.items()
        }
        made = run(f"{name}{number:063d}", at=number)
        made = with_fields(made, kind="imported")
        runs.append(Run(made.digest, made.artefact, metrics, {}))
    return runs


def compared(base: dict[str, float], head: dict[str, float]) -> Comparison:
    return compare(side("a", base), side("b", head))


def markdown(base: dict[str, float], head: dict[str, float]) -> str:
    return comparison_markdown([("", compared(base, head))]).text


def rows_of(text: str) -> Sequence[str]:
    return [line for line in text.splitlines() if line.startswith(("| `", "| <code>"))]


def test_the_headline_counts_and_the_changed_rows_come_first() -> None:
    text = markdown({"put": 100, "get": 50, "del": 70}, {"put": 130, "get": 50, "del": 35})
    assert text.startswith("### Benchmarks: 1 worse, 1 better, 1 same\n")
    assert [re.match(r"\| `(\w+)`", row)[1] for row in rows_of(text)] == ["put", "del", "get"]  # type: ignore[index]
    assert "▲ worse" in text
    assert text.index("put") < text.index("<details><summary>1 without a change")


def test_nothing_changed_is_one_line() -> None:
    found = comparison_markdown([("", compared({"put": 100}, {"put": 100}))])
    assert found.silent
    assert found.text == "Benchmarks: 1 same\n"


def test_a_metric_that_is_gone_is_not_silent() -> None:
    found = comparison_markdown([("", compared({"put": 100, "get": 1}, {"put": 100}))])
    assert not found.silent
    assert "Gone: only in the base: `get`" in found.text
    assert "1 gone" in found.text.splitlines()[0]


def test_a_new_metric_alone_is_silent() -> None:
    assert comparison_markdown([("", compared({"put": 100}, {"put": 100, "get": 1}))]).silent


@pytest.mark.parametrize("count", [400, 1500])
def test_a_comment_always_fits(count: int) -> None:
    names = {f"benchmark <{'x' * 60}> | number {number}": 100.0 for number in range(count)}
    text = markdown(names, dict.fromkeys(names, 150.0))
    assert len(text) <= MAX_CHARACTERS
    assert text.count("<details>") == text.count("</details>")
    assert text.endswith("\n")


def test_names_stay_names() -> None:
    names = [
        "a|b",
        "`x`",
        "<script>alert(1)</script>",
        "@octocat",
        "[l](http://e)",
        "![i](http://e)",
        "a\nb",
        "</details>",
    ]
    text = markdown(dict.fromkeys(names, 100.0), dict.fromkeys(names, 150.0))
    assert len(rows_of(text)) == len(names)
    for part in ("<script", "@octocat", "](http", "\nb", "</details></code>"):
        assert part not in text
    assert {row.count(" | ") for row in rows_of(text)} == {5}


def test_annotations_are_one_line_each_and_for_what_is_worse() -> None:
    comparison = compared({"put:a,b\n%": 100, "get": 50}, {"put:a,b\n%": 130, "get": 40})
    (line,) = workflow_annotations([("", comparison)])
    assert line.startswith("::warning title=put%3Aa%2Cb%0A%25 is worse::put:a,b%0A%25: 1.3")
    assert "\n" not in line


def test_a_title_comes_first() -> None:
    found = comparison_markdown([("", compared({"put": 100}, {"put": 100}))], title="parser <1>")
    assert found.text.startswith("<code>parser &#60;1&#62;</code>: 1 same")

"""A release beside the one before it: ratios only where runs compare, and a reason where they do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from obrelease.analysis.notes.release_delta import Runs, against_last, not_compared
from obrelease.analysis.summary.run_summary import HostFacts, MeasureSummary, RunSummary

HOST = HostFacts("Linux", "x86_64", "CPU", 2, "CPython 3.11.2", "gcc 12", (("numpy", "2.0"),))
BEFORE = RunSummary(
    kind="bench",
    scenario="x10",
    core="native",
    artefact_digest="aa" * 32,
    command=("obrelease", "run", "bench"),
    host=HOST,
    workload=("x10", 1),
    commands_digest="12" * 32,
    throughput_msg_s=2_000_000,
    p50_ns=100,
    p99_ns=400,
    latency_clock="service",
)
NOW = replace(BEFORE, artefact_digest="bb" * 32, throughput_msg_s=3_000_000, p50_ns=80, p99_ns=500)


def cells(text: str, word: str) -> list[str]:
    row = next(line for line in text.splitlines() if line.startswith("|") and word in line)
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_equal_circumstances_give_three_ratios() -> None:
    text = against_last("v0.8", [BEFORE], [NOW])
    assert text.startswith("## Against `v0.8`\n")
    same = ["`bench x10`", "`native`"]
    assert cells(text, "throughput") == [
        *same,
        *("`throughput`", "`msg/s`", "2,000,000", "3,000,000", "1.500", "1 to 1"),
    ]
    assert cells(text, "p50") == [*same, "`p50 (service)`", "`ns`", "100", "80", "0.800", "1 to 1"]
    assert cells(text, "p99")[-2] == "1.250"
    assert "not comparable" not in text


def test_each_side_is_the_median_over_its_runs_in_any_order() -> None:
    before = [
        replace(BEFORE, artefact_digest=f"{n:064x}", p50_ns=value) for n, value in enumerate((90, 100, 900))
    ]
    now = [
        replace(NOW, artefact_digest=f"{n:064x}", p50_ns=value) for n, value in enumerate((50, 7), start=9)
    ]
    text = against_last("v0.8", before, now)
    assert cells(text, "p50")[4:] == ["100", "28", "0.280", "3 to 2"]
    assert against_last("v0.8", before[::-1], now[::-1]) == text


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"workload": ("x10", 2)}, "workload `x10 1` then, `x10 2` now"),
        ({"commands_digest": "34" * 32}, "other commands"),
        (
            {"host": replace(HOST, python="CPython 3.13.0")},
            "another host: python `CPython 3.11.2` then, `CPython 3.13.0` now",
        ),
        ({"host": replace(HOST, libraries=())}, "another host: libraries `numpy 2.0` then, `none` now"),
        ({"host": replace(HOST, compiler=None)}, "another host: compiler `gcc 12` then, `none` now"),
        ({"core": "reference"}, "`v0.8` has no such run"),
        ({"scenario": "x100"}, "`v0.8` has no such run"),
        ({"kind": "replay"}, "`v0.8` has no such run"),
    ],
)
def test_unlike_runs_are_refused_with_the_reason(change: dict[str, object], why: str) -> None:
    text = against_last("v0.8", [BEFORE], [replace(NOW, **change)])  # type: ignore[arg-type]
    assert f"not comparable: {why}" in text
    assert "| --" not in text


def test_runs_that_were_released_before_are_not_a_new_measurement() -> None:
    assert "the very runs of `v0.8`" in against_last("v0.8", [BEFORE], [BEFORE])
    both = against_last("v0.8", [BEFORE], [BEFORE, NOW])
    assert cells(both, "throughput")[-1] == "1 to 1"


def test_what_is_gone_is_said() -> None:
    text = against_last("v0.8", [BEFORE, replace(BEFORE, scenario="old", artefact_digest="cc" * 32)], [NOW])
    assert "`bench old native`: was in `v0.8`, is not in this release" in text


def test_measurements_of_other_tools_compare_by_name_and_unit() -> None:
    def measured(run: RunSummary, *measures: MeasureSummary) -> RunSummary:
        bare = replace(run, throughput_msg_s=None, p50_ns=None, p99_ns=None, latency_clock=None)
        return replace(bare, kind="imported", core="", measures=measures)

    before = measured(BEFORE, MeasureSummary("sort", "ns", 5, 200.0), MeasureSummary("heap", "bytes", 1, 0))
    now = measured(
        NOW,
        MeasureSummary("sort", "ns", 7, 150.5),
        MeasureSummary("heap", "bytes", 1, 4),
        MeasureSummary("new", "ns", 1, 4),
    )
    text = against_last("v0.8", [before], [now])
    assert cells(text, "sort")[3:7] == ["`ns`", "200", "150.5", "0.752"]
    assert cells(text, "heap")[6] == ""
    assert "`new`" not in text


def test_a_judge_adds_its_verdict_to_each_row() -> None:
    asked: list[tuple[str, int, int]] = []

    def judge(what: str, before: Runs, now: Runs) -> str:
        asked.append((what, len(before), len(now)))
        return "faster" if what == "throughput" else "no <verdict>"

    text = against_last("v0.8", [BEFORE], [NOW], judge=judge)
    assert cells(text, "throughput")[-1] == "`faster`"
    assert "<verdict>" not in text
    assert asked == [("throughput", 1, 1), ("p50 (service)", 1, 1), ("p99 (service)", 1, 1)]


def test_a_reason_from_outside_stays_text() -> None:
    assert "<b>" not in not_compared("v0.8", "read <b>this</b>\n# now")

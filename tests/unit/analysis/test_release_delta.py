"""A release and the previous one: ratios and verdicts of runs that compare, and a reason otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from obrelease.analysis.histograms.histogram import HistogramSummary
from obrelease.analysis.notes.release_delta import release_delta, unreadable_release
from obrelease.analysis.summary.run import Latency, Metric, Run
from obrelease.models.artefact import RecordedMetric, own_series
from tests.drafts import draft
from tests.made_up_runs import LATENCY, latencies, on_host, side, with_fields


def latency(p50_ns: int, p99_ns: int) -> Latency:
    figures = HistogramSummary(
        count=9, min_ns=1, max_ns=999, mean_ns=1.0, p50_ns=p50_ns, p90_ns=p50_ns, p99_ns=p99_ns,
        p999_ns=999, p9999_ns=999,
    )  # fmt: skip
    return Latency(LATENCY, "service", figures)


def measured(rate_msg_s: int, p50_ns: int, p99_ns: int, *, digest: str = "aa" * 32) -> Run:
    """A run of 2,000 messages."""
    walls = own_series("pass-wall", "ns", (2_000_000_000_000 // rate_msg_s,))
    return Run(
        digest=digest,
        artefact=draft(scenario="x10", parameters={"core": "native"}, metrics=(walls,)),
        metrics={"throughput": Metric("throughput", "throughput", "msg/s", "higher", (float(rate_msg_s),))},
        histograms={LATENCY: (latencies(p50_ns / 1e6),)},
        latency=latency(p50_ns, p99_ns),
    )


BEFORE = measured(2_000_000, 100, 400)
NOW = measured(4_000_000, 80, 500, digest="bb" * 32)


def cells(text: str, word: str) -> list[str]:
    row = next(line for line in text.splitlines() if line.startswith("|") and word in line)
    return [cell.strip() for cell in row.strip("|").split("|")]


def changed(run: Run, part: str, **fields: Any) -> Run:
    return with_fields(run, **{part: getattr(run.artefact, part).model_copy(update=fields)})


def test_equal_circumstances_give_three_ratios() -> None:
    text = release_delta("v0.8", [BEFORE], [NOW])
    assert text.startswith("**Against `v0.8`: 3 inconclusive.**\n")
    name = "`bench x10 (native)`"
    assert cells(text, "throughput")[:-1] == [name, "`throughput`", "2 M msg/s", "4 M msg/s", "2.000"]
    assert cells(text, "p50")[:-1] == [name, "`p50 (service)`", "100 ns", "80 ns", "0.800"]
    assert cells(text, "p99")[-2] == "1.250"
    assert "not comparable" not in text


def test_each_side_is_the_median_over_its_runs_in_any_order() -> None:
    before = [
        replace(BEFORE, digest=f"{n:064x}", latency=latency(value, 400))
        for n, value in enumerate((90, 100, 900))
    ]
    now = [
        replace(NOW, digest=f"{n:064x}", latency=latency(value, 500))
        for n, value in enumerate((50, 7), start=9)
    ]
    text = release_delta("v0.8", before, now)
    assert cells(text, "p50")[2:5] == ["100 ns", "7 ns", "0.070"]
    assert release_delta("v0.8", before[::-1], now[::-1]) == text


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (changed(NOW, "workload", version=2), "`workload.version` was `1`, is `2`"),
        (
            changed(NOW, "workload", commands_digest="34" * 32),
            f"`workload.commands_digest` was `{'12' * 32}`, is `{'34' * 32}`",
        ),
        (on_host(NOW, python="CPython 3.13.0"), "`host.python` was `3.11.2`, is `CPython 3.13.0`"),
        (on_host(NOW, libraries={"numpy": "2.0"}), "`host.libraries.numpy` was `absent`, is `2.0`"),
        (on_host(NOW, compiler="gcc 12"), "`host.compiler` was `none`, is `gcc 12`"),
        (with_fields(NOW, parameters={"core": "reference"}), "`v0.8` has no such run"),
        (with_fields(NOW, scenario="x100"), "`v0.8` has no such run"),
        (with_fields(NOW, kind="replay"), "`v0.8` has no such run"),
    ],
)
def test_unlike_runs_are_refused_with_the_reason(run: Run, reason: str) -> None:
    text = release_delta("v0.8", [BEFORE], [run])
    assert f"not comparable: {reason}." in text
    assert "| --" not in text


def test_runs_of_unknown_hosts_do_not_compare() -> None:
    text = release_delta("v0.8", [on_host(BEFORE, cpu_count=0)], [on_host(NOW, cpu_count=0)])
    assert "not comparable: `host.cpu_count` was `unknown`, is `unknown`." in text


def test_a_part_of_the_runs_that_does_not_compare_is_listed() -> None:
    text = release_delta("v0.8", [BEFORE], [NOW, replace(on_host(NOW, cpu_count=8), digest="cc" * 32)])
    assert cells(text, "throughput")[-2] == "2.000"
    assert "* `bench x10 native`: not comparable: `host.cpu_count` was `2`, is `8`." in text


def test_runs_that_were_released_before_are_not_a_new_measurement() -> None:
    assert "same runs as in `v0.8`; not re-measured" in release_delta("v0.8", [BEFORE], [BEFORE])
    both = release_delta("v0.8", [BEFORE], [BEFORE, NOW])
    assert cells(both, "throughput")[-2] == "2.000"


def test_scenarios_that_are_gone_are_listed() -> None:
    gone = replace(with_fields(BEFORE, scenario="old"), digest="cc" * 32)
    text = release_delta("v0.8", [BEFORE, gone], [NOW])
    assert "`bench old native`: was in `v0.8`, is not in this release." in text


def test_measurements_of_other_tools_compare_by_name_and_unit() -> None:
    def imported(digest: str, *measurements: RecordedMetric) -> Run:
        fields = {"kind": "imported", "parameters": {}, "workload": None, "metrics": measurements}
        metrics = {
            each.id: Metric(each.id, each.name, each.unit, "lower", each.samples) for each in measurements
        }
        recorded = tuple(metrics.values())
        made = replace(BEFORE, digest=digest, latency=None, metrics=metrics, recorded_metrics=recorded)
        return with_fields(made, **fields)

    def series(name: str, unit: str, *samples: float) -> RecordedMetric:
        return own_series(name, unit, samples)

    before = imported("aa", series("sort", "ns", 300.0, 200.0, 100.0), series("heap", "bytes", 0))
    now = imported("bb", series("sort", "ns", 150.5), series("heap", "bytes", 4), series("new", "ns", 4))
    text = release_delta("v0.8", [before], [now])
    assert cells(text, "sort")[2:5] == ["200 ns", "150.5 ns", "0.752"]
    assert cells(text, "heap")[4] == ""
    assert "`new`" not in text


def test_each_row_has_the_verdict_of_its_metric() -> None:
    before, now = (
        [replace(each, latency=latency(100, 400)) for each in side(name, rate=rate)]
        for name, rate in (("base", 1e6), ("head", 0.9e6))
    )
    text = release_delta("v0.8", before, now)
    assert cells(text, "throughput")[-1] == "**worse**"
    assert cells(text, "throughput")[-2].startswith("0.900 (0.89")
    assert cells(text, "p99")[-1] == "same"
    assert cells(text, "p99")[-2].startswith("1.000 (0.99")
    assert text.startswith("**Against `v0.8`: 1 worse, 2 same.**\n\n| benchmark |")
    assert text.index("**worse**") < text.index("| same |")


def test_many_rows_are_divided_and_the_telling_ones_are_shown() -> None:
    rows = [(name, rate) for rate in (1e6, 0.9e6) for name in [f"s{number:02}" for number in range(15)]]
    before, now = (
        [
            replace(with_fields(each, scenario=name), digest=f"{hash((part, name, n)) & (2**64 - 1):064x}")
            for name, rate in rows[15 * part :][:15]
            for n, each in enumerate(side(part_name, rate=rate))
        ]
        for part, part_name in enumerate(("base", "head"))
    )
    text = release_delta("v0.8", before, now)
    first, _, rest = text.partition("<summary>")
    assert first.count("**worse**") == 15
    assert rest.startswith("5 more rows</summary>") or "more rows" not in text


def test_the_verdict_on_latency_is_on_the_histogram_that_the_figures_are_of() -> None:
    """Response times are printed, so the verdict is theirs, not that of the first histogram."""

    def answered(run: Run, factor: float) -> Run:
        histograms = {**run.histograms, "response": (latencies(factor),)}
        return replace(run, histograms=histograms, latency=replace(latency(100, 400), histogram="response"))

    before, now = [answered(r, 1.0) for r in side("base")], [answered(r, 2.0) for r in side("head")]
    assert cells(release_delta("v0.8", before, now), "p99")[-2].startswith("2.000 (")


def test_too_few_runs_are_inconclusive() -> None:
    text = release_delta("v0.8", [BEFORE], [NOW])
    assert cells(text, "throughput")[-1] == "inconclusive"
    assert "* 3 inconclusive: `1 + 1 runs cannot show anything; 4 + 4 could`." in text


def test_a_reason_from_outside_stays_text() -> None:
    assert "<b>" not in unreadable_release("v0.8", "read <b>this</b>\n# now")

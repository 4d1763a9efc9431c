"""Metrics that not all runs have: compared over the others, listed always, and never a pass of the gate."""

from __future__ import annotations

from dataclasses import replace

import pytest

from obrelease.analysis.comparison.compare import compare
from obrelease.analysis.comparison.gate import GateResult, GateVerdict, evaluate_gate
from obrelease.analysis.comparison.to_json import comparison_json
from obrelease.analysis.comparison.verdict import Rules, Verdict
from obrelease.analysis.summary.run import Run
from obrelease.cli.rendering.comparison import comparison_text
from obrelease.errors import Inconclusive
from tests.made_up_metrics import metric, noisy_side, side_of
from tests.made_up_runs import LATENCY, run, side
from tests.unit.analysis.test_gate_policy import policy

BOTH = {"decode": 400.0, "encode": 800.0}


def gate(base: list[Run], head: list[Run], name: str = "*", **keys: object) -> GateResult:
    return evaluate_gate(policy({"name": name, **keys}), base, head)


def test_metrics_of_one_side_are_listed_in_text_and_json() -> None:
    base = noisy_side("base", {**BOTH, "gone": 5.0})
    head = noisy_side("head", {**BOTH, "fresh": 6.0})
    found = compare(base, head)
    assert [row.name for row in found.metrics] == ["decode", "encode"]
    assert (found.coverage.only_in_base, found.coverage.only_in_head) == (("gone",), ("fresh",))
    text, document = comparison_text(found), comparison_json(found)["coverage"]
    assert "only in the baseline: gone\nonly in the candidate: fresh\n" in text
    assert (document["only_in_base"], document["only_in_head"]) == (["gone"], ["fresh"])


def test_a_metric_of_some_runs_is_compared_over_those() -> None:
    head = noisy_side("head", {"decode": 400.0, "encode": 2_400.0}, missing={"encode": {2}})
    found = compare(noisy_side("base", BOTH), head)
    encode = next(row for row in found.metrics if row.name == "encode")
    assert (encode.base_runs, encode.head_runs) == (6, 5)
    assert encode.ratio == pytest.approx(3.0, rel=1e-3)
    assert encode.decision.verdict is Verdict.WORSE
    line = "encode: in 6 of 6 baseline runs and 5 of 6 candidate runs"
    assert [str(each) for each in found.coverage.partial] == [line]
    assert f"not in every run: {line}" in comparison_text(found)


def test_too_few_of_the_runs_have_it() -> None:
    head = noisy_side("head", {"decode": 400.0, "encode": 2_400.0}, missing={"encode": {0, 1, 2}})
    found = compare(noisy_side("base", BOTH), head)
    encode = next(row for row in found.metrics if row.name == "encode")
    assert encode.decision.reason == "6 + 3 runs; a verdict needs 4 + 4"
    assert encode.p_value is None


@pytest.mark.parametrize("pattern", ["*", "encode", "en*", "encode*"])
def test_a_required_metric_that_is_gone_is_inconclusive(pattern: str) -> None:
    base = noisy_side("base", BOTH)
    head = noisy_side("head", {"decode": 400.0})
    if pattern == "*":
        found = gate(base, head)
        assert found.verdict is GateVerdict.INCONCLUSIVE
        assert found.reasons == ("encode: only in the baseline",)
    else:
        result = evaluate_gate(policy({"name": pattern}, {"name": "decode"}), base, head)
        assert result.verdict is GateVerdict.INCONCLUSIVE
        with pytest.raises(Inconclusive, match="only in the baseline: encode"):
            gate(base, head, pattern)


def test_what_is_not_required_may_be_gone() -> None:
    base, head = noisy_side("base", BOTH), noisy_side("head", {"decode": 400.0})
    assert gate(base, head, required=False).verdict is GateVerdict.OK


def test_a_metric_that_one_candidate_run_lacks_is_never_ok() -> None:
    base, head = noisy_side("base", BOTH), noisy_side("head", BOTH, missing={"encode": {2}})
    result = gate(base, head)
    assert result.verdict is GateVerdict.INCONCLUSIVE
    assert result.reasons == ("encode: in 6 of 6 baseline runs and 5 of 6 candidate runs",)
    slower = noisy_side("head", {"decode": 400.0, "encode": 2_400.0}, missing={"encode": {2}})
    result = gate(base, slower)
    assert result.verdict is GateVerdict.REGRESSION
    assert [line.split(":")[0] for line in result.reasons] == ["encode", "encode"]
    assert "ratio 3.00" in result.reasons[0]
    assert "5 of 6 candidate runs" in result.reasons[1]


def test_a_metric_that_baseline_runs_lack_passes_and_is_said() -> None:
    base, head = noisy_side("base", BOTH, missing={"encode": {2}}), noisy_side("head", BOTH)
    result = gate(base, head)
    assert result.verdict is GateVerdict.OK
    assert result.comparison.coverage.partial[0].base_runs == 5


def test_new_metrics_of_the_candidate_do_not_decide() -> None:
    assert (
        gate(noisy_side("base", {"decode": 1.0}), noisy_side("head", BOTH | {"decode": 1.0})).verdict
        is GateVerdict.OK
    )


def test_a_unit_that_does_not_convert_is_never_ok() -> None:
    base = noisy_side("base", BOTH)
    head = [
        replace(each, metrics=each.metrics | {"encode": metric("encode", 800.0, unit="B")})
        for each in noisy_side("head", BOTH)
    ]
    result = gate(base, head)
    assert result.verdict is GateVerdict.INCONCLUSIVE
    assert result.reasons == ("encode: not compared: its unit differs between the runs: B and ns",)


def test_a_histogram_that_is_gone_is_never_ok() -> None:
    head = [replace(each, histograms={}) for each in side("head")]
    guards = {"name": "throughput"}, {"name": f"{LATENCY} p99"}
    result = evaluate_gate(policy(*guards), side("base"), head)
    assert result.verdict is GateVerdict.INCONCLUSIVE
    assert result.reasons == (f"{LATENCY}: only in the baseline",)


def test_a_renamed_metric_keeps_its_history_by_its_alias() -> None:
    base = noisy_side("base", {"decode": 400.0, "encode (old)": 800.0})
    head = noisy_side("head", {"decode": 400.0, "encode": 1_600.0})
    found = compare(base, head, Rules(aliases={"encode (old)": "encode", "never": "there"}))
    assert [row.name for row in found.metrics] == ["decode", "encode"]
    assert found.metrics[1].ratio == pytest.approx(2.0, rel=1e-3)
    assert found.coverage.complete
    named = policy({"name": "encode"}, alias={"encode (old)": "encode"})
    assert evaluate_gate(named, base, head).verdict is GateVerdict.REGRESSION


def test_an_alias_does_not_hide_the_new_metric_of_a_run_that_has_both() -> None:
    base = noisy_side("base", {"old": 400.0, "new": 4.0})
    head = noisy_side("head", {"new": 4.0})
    found = compare(base, head, Rules(aliases={"old": "new"}))
    assert [(row.name, str(row.decision.verdict)) for row in found.metrics] == [("new", "same")]
    assert found.coverage.only_in_base == ("old",)


def test_the_order_of_metrics_in_a_run_does_not_matter() -> None:
    base, head = noisy_side("base", BOTH), noisy_side("head", BOTH)
    turned = [replace(each, metrics=dict(reversed(each.metrics.items()))) for each in head]
    one, other = compare(base, head), compare(base, turned)
    assert one.metrics == other.metrics
    assert [row.name for row in compare(turned, base).metrics] == ["encode", "decode"]


def test_metrics_of_one_name_are_told_apart_by_their_parameters() -> None:
    def runs(name: str) -> list[Run]:
        rows = [
            [
                metric("build", 8.0 / n * (1 + 0.001 * number), id=f"build-{n}", parameters={"threads": n})
                for n in (1, 4)
            ]
            for number in range(6)
        ]
        return side_of(name, rows)

    found = compare(runs("base"), runs("head"))
    assert [row.name for row in found.metrics] == ["build (threads=1)", "build (threads=4)"]


def test_runs_of_format_1_compare_with_runs_of_format_2() -> None:
    from obrelease.models.artefact_version_1 import UpgradedArtefact

    def old(each: Run) -> Run:
        slugs = {"bm-put": replace(each.metrics["BM_Put<int>"], id="bm_put-int", name="bm_put-int")}
        fields = {name: getattr(each.artefact, name) for name in type(each.artefact).model_fields}
        return replace(
            each,
            artefact=UpgradedArtefact.model_construct(**fields),
            metrics={metric.id: metric for metric in slugs.values()},
        )

    base = [old(each) for each in noisy_side("base", {"BM_Put<int>": 3.0})]
    found = compare(base, noisy_side("head", {"BM_Put<int>": 3.0}))
    assert [(row.name, str(row.decision.verdict)) for row in found.metrics] == [("BM_Put<int>", "same")]
    assert found.coverage.complete


def test_secondary_metrics_are_listed_and_tested_only_when_asked_for() -> None:
    def runs(name: str, cpu: float) -> list[Run]:
        rows = [
            [metric("real", 5.0 + 0.001 * n), metric("cpu", cpu + 0.001 * n, primary=False)] for n in range(6)
        ]
        return side_of(name, rows)

    base, head = runs("base", 5.0), runs("head", 9.0)
    plain = compare(base, head).metrics
    assert [(row.name, row.decision.reason) for row in plain] == [
        ("real", "within 2 %"),
        ("cpu", "secondary metric, not tested"),
    ]
    assert plain[1].ratio == pytest.approx(1.8, rel=1e-3)
    assert "1 secondary metric (CPU times, counters) not tested" in comparison_text(compare(base, head))
    asked = compare(base, head, secondary=True).metrics
    assert [str(row.decision.verdict) for row in asked] == ["same", "worse"]
    assert gate(base, head).verdict is GateVerdict.OK
    assert gate(base, head, "cpu").verdict is GateVerdict.REGRESSION
    assert gate(base, head, secondary=True).verdict is GateVerdict.REGRESSION


def test_nothing_in_common_names_both_sides() -> None:
    with pytest.raises(Inconclusive, match="only in the baseline: one; only in the candidate: two"):
        compare(noisy_side("base", {"one": 1.0}), noisy_side("head", {"two": 1.0}))
    assert run("x").metrics

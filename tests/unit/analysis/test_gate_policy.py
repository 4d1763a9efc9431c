"""The gate fires when it must, and a policy that could not fire is refused."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from obrelease.analysis.comparison.gate import GateVerdict, evaluate_gate
from obrelease.analysis.comparison.gate_policy import POLICY_HINT, GatePolicy, read_gate_policy
from obrelease.analysis.comparison.metric_names import some_names
from obrelease.cli.commands.gate import POLICY_HELP
from obrelease.errors import Inconclusive, InvalidInput, NotFound
from obrelease.models.policy_file import GATE_POLICY, validate_policy
from tests.made_up_runs import LATENCY, side


def validated(document: dict[str, Any]) -> GatePolicy:
    return validate_policy(document, "policy.toml", GATE_POLICY, GatePolicy, hint=POLICY_HINT)


def policy(*metrics: dict[str, Any], **keys: Any) -> GatePolicy:
    """A policy over `metrics`; by default over throughput alone."""
    document = {"format": "obrelease.gate-policy", "version": 1, "resamples": 500, **keys}
    return validated({**document, "metric": list(metrics) or [{"name": "throughput"}]})


def test_a_slowdown_beyond_the_threshold_is_a_regression() -> None:
    result = evaluate_gate(policy(), side("base"), side("head", rate=0.95e6))
    assert result.verdict is GateVerdict.REGRESSION
    assert result.reasons == ("throughput: worse, ratio 0.950, threshold 2 %",)


def test_the_tail_alone_is_enough() -> None:
    guards = {"name": "throughput"}, {"name": f"{LATENCY} p99"}
    assert (
        evaluate_gate(policy(*guards), side("base"), side("head", latency=1.05)).verdict
        is GateVerdict.REGRESSION
    )


def test_what_is_not_guarded_does_not_count() -> None:
    assert evaluate_gate(policy(), side("base"), side("head", latency=3.0)).verdict is GateVerdict.OK


@pytest.mark.parametrize("rate", [1e6, 1.2e6])
def test_the_same_and_the_better_pass(rate: float) -> None:
    assert evaluate_gate(policy(), side("base"), side("head", rate=rate)).verdict is GateVerdict.OK


def test_noise_is_inconclusive_and_names_the_minimum_detectable_effect() -> None:
    result = evaluate_gate(policy(), side("base", spread=0.1), side("head", spread=0.1))
    assert result.verdict is GateVerdict.INCONCLUSIVE
    assert "inconclusive: " in result.reasons[0]
    assert "the minimum detectable effect is" in result.reasons[0]


def test_too_few_runs_are_inconclusive_however_large_the_change() -> None:
    assert (
        evaluate_gate(policy(), side("base", 3), side("head", 3, rate=1e5)).verdict
        is GateVerdict.INCONCLUSIVE
    )
    demanding = policy(least_runs=6)
    assert (
        evaluate_gate(demanding, side("base", 5), side("head", 5, rate=1e5)).verdict
        is GateVerdict.INCONCLUSIVE
    )


def test_a_metric_that_is_not_required_may_be_inconclusive_and_still_fires() -> None:
    guard = policy({"name": "throughput", "required": False})
    assert evaluate_gate(guard, side("base", spread=0.1), side("head", spread=0.1)).verdict is GateVerdict.OK
    assert evaluate_gate(guard, side("base"), side("head", rate=0.9e6)).verdict is GateVerdict.REGRESSION


def test_each_metric_has_its_own_threshold() -> None:
    wide = policy({"name": "throughput", "threshold_percent": 10})
    assert evaluate_gate(wide, side("base"), side("head", rate=0.95e6)).verdict is GateVerdict.OK
    assert evaluate_gate(wide, side("base"), side("head", rate=0.85e6)).verdict is GateVerdict.REGRESSION


def test_a_pattern_guards_all_its_matches() -> None:
    result = evaluate_gate(policy({"name": f"{LATENCY} p*"}), side("base"), side("head", latency=1.5))
    assert len(result.reasons) == 4


def test_a_guard_that_matches_nothing_is_refused() -> None:
    known = ", ".join(sorted(("throughput", *(f"{LATENCY} p{p}" for p in (50, 90, 99, 99.9, 99.99)))))
    with pytest.raises(InvalidInput, match="matches no metric") as refused:
        evaluate_gate(policy({"name": "throughput"}, {"name": "thruput"}), side("base"), side("head"))
    assert refused.value.message.endswith(f"; they have: {known}")
    with pytest.raises(Inconclusive, match="no such metric") as asked:
        evaluate_gate(policy({"name": "thruput"}), side("base"), side("head"))
    assert asked.value.message.endswith(f"; they have: {known}")


def test_a_message_names_ten_metrics_and_counts_the_rest() -> None:
    names = [f"m{number:02}" for number in range(12, 0, -1)]
    assert some_names(names[:3] * 2) == "m10, m11, m12"
    assert some_names(names) == ", ".join(f"m{number:02}" for number in range(1, 11)) + " and 2 more"


def test_the_example_of_the_help_is_a_policy_with_every_key(tmp_path: Path) -> None:
    example = textwrap.dedent("\n".join(line for line in POLICY_HELP.splitlines() if line.startswith("    ")))
    path = tmp_path / "policy.toml"
    path.write_text(example, "utf-8")
    read = read_gate_policy(path)
    assert read.model_fields_set == set(GatePolicy.model_fields)
    assert {name for guarded in read.metric for name in guarded.model_fields_set} == {
        "name",
        "threshold_percent",
        "required",
        "secondary",
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"thresold_percent": 5.0}, "thresold_percent"),
        ({"metric": []}, "metric"),
        ({"metric": [{"name": "throughput", "treshold_percent": 5.0}]}, "treshold_percent"),
        ({"metric": [{"threshold_percent": 5.0}]}, "name"),
        ({"metric": "throughput"}, "metric"),
        ({"version": 2}, "version 2 of the policy format is not known"),
        ({"version": "1"}, "version"),
        ({"format": "another"}, "format"),
        ({"alpha": 0.0}, "alpha"),
        ({"alpha": "0.05"}, "alpha"),
        ({"least_runs": 3}, "least_runs"),
        ({"threshold_percent": 0}, "threshold_percent"),
        ({"threshold_percent": float("nan")}, "threshold_percent"),
        ({"resamples": 10}, "resamples"),
        ({"seed": -1}, "seed"),
    ],
)
def test_a_policy_with_one_wrong_key_is_refused(change: dict[str, Any], message: str) -> None:
    document = {"format": "obrelease.gate-policy", "version": 1, "metric": [{"name": "throughput"}]}
    with pytest.raises(InvalidInput, match=message):
        validated({**document, **change})


def test_a_policy_file_must_exist_and_be_toml(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_gate_policy(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    for content in (b"metric = [", b"\xff\xfe", b"a = " + b"[" * 5_000):
        broken.write_bytes(content)
        with pytest.raises(InvalidInput, match="not valid TOML"):
            read_gate_policy(broken)

"""The gate and its policy: it fires when it must, and a policy that could not fire is refused."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from obrelease.analysis.comparison.compare import some_names
from obrelease.analysis.comparison.gate import Answer, ask_gate
from obrelease.analysis.comparison.gate_policy import POLICY_VERSION, Policy, policy_of, read_policy
from obrelease.cli.commands.gate import POLICY_HELP
from obrelease.errors import Inconclusive, InvalidInput, NotFound
from tests.made_up_runs import LATENCY, side


def policy(*metrics: dict[str, Any], **keys: Any) -> Policy:
    """A policy over `metrics`, throughput alone where none is given."""
    document = {"format": "obrelease.gate-policy", "version": 1, "resamples": 500, **keys}
    return policy_of({**document, "metric": list(metrics) or [{"name": "throughput"}]}, "policy.toml")


def test_a_regression_is_one() -> None:
    result = ask_gate(policy(), side("base"), side("head", rate=0.95e6))
    assert result.answer is Answer.REGRESSION
    assert result.reasons == ("throughput: worse, ratio 0.950, threshold 2 %",)


def test_the_tail_alone_is_enough() -> None:
    guards = {"name": "throughput"}, {"name": f"{LATENCY} p99"}
    assert ask_gate(policy(*guards), side("base"), side("head", latency=1.05)).answer is Answer.REGRESSION


def test_what_is_not_guarded_does_not_count() -> None:
    assert ask_gate(policy(), side("base"), side("head", latency=3.0)).answer is Answer.OK


@pytest.mark.parametrize("rate", [1e6, 1.2e6])
def test_the_same_and_the_better_pass(rate: float) -> None:
    assert ask_gate(policy(), side("base"), side("head", rate=rate)).answer is Answer.OK


def test_noise_is_inconclusive_and_says_what_could_be_seen() -> None:
    result = ask_gate(policy(), side("base", spread=0.1), side("head", spread=0.1))
    assert result.answer is Answer.INCONCLUSIVE
    assert "cannot tell" in result.reasons[0]
    assert "these runs can show" in result.reasons[0]


def test_too_few_runs_are_inconclusive_however_large_the_change() -> None:
    assert ask_gate(policy(), side("base", 3), side("head", 3, rate=1e5)).answer is Answer.INCONCLUSIVE
    demanding = policy(least_runs=6)
    assert ask_gate(demanding, side("base", 5), side("head", 5, rate=1e5)).answer is Answer.INCONCLUSIVE


def test_a_metric_that_is_not_required_may_stay_open_and_still_fires() -> None:
    guard = policy({"name": "throughput", "required": False})
    assert ask_gate(guard, side("base", spread=0.1), side("head", spread=0.1)).answer is Answer.OK
    assert ask_gate(guard, side("base"), side("head", rate=0.9e6)).answer is Answer.REGRESSION


def test_each_metric_has_its_own_threshold() -> None:
    wide = policy({"name": "throughput", "threshold_percent": 10})
    assert ask_gate(wide, side("base"), side("head", rate=0.95e6)).answer is Answer.OK
    assert ask_gate(wide, side("base"), side("head", rate=0.85e6)).answer is Answer.REGRESSION


def test_a_pattern_guards_all_that_it_fits() -> None:
    result = ask_gate(policy({"name": f"{LATENCY} p*"}), side("base"), side("head", latency=1.5))
    assert len(result.reasons) == 4


def test_a_guard_that_fits_nothing_is_refused() -> None:
    known = ", ".join(sorted(("throughput", *(f"{LATENCY} p{p}" for p in (50, 90, 99, 99.9, 99.99)))))
    with pytest.raises(InvalidInput, match="fits no metric") as refused:
        ask_gate(policy({"name": "throughput"}, {"name": "thruput"}), side("base"), side("head"))
    assert refused.value.message.endswith(f"; they have: {known}")
    with pytest.raises(Inconclusive, match="no such metric") as asked:
        ask_gate(policy({"name": "thruput"}), side("base"), side("head"))
    assert asked.value.message.endswith(f"; they have: {known}")


def test_a_message_names_ten_metrics_and_counts_the_rest() -> None:
    names = [f"m{number:02}" for number in range(12, 0, -1)]
    assert some_names(names[:3] * 2) == "m10, m11, m12"
    assert some_names(names) == ", ".join(f"m{number:02}" for number in range(1, 11)) + " and 2 more"


def test_the_example_of_the_help_is_a_policy_with_every_key(tmp_path: Path) -> None:
    example = textwrap.dedent("\n".join(line for line in POLICY_HELP.splitlines() if line.startswith("    ")))
    path = tmp_path / "policy.toml"
    path.write_text(example, "utf-8")
    read = read_policy(path)
    assert read.model_fields_set == set(Policy.model_fields)
    assert {name for guarded in read.metric for name in guarded.model_fields_set} == {
        "name",
        "threshold_percent",
        "required",
    }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"thresold_percent": 5.0}, "thresold_percent"),
        ({"metric": []}, "metric"),
        ({"metric": [{"name": "throughput", "treshold_percent": 5.0}]}, "treshold_percent"),
        ({"metric": [{"threshold_percent": 5.0}]}, "name"),
        ({"metric": "throughput"}, "metric"),
        ({"version": POLICY_VERSION + 1}, "newer obrelease"),
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
def test_a_policy_that_is_not_understood_whole_is_refused(change: dict[str, Any], said: str) -> None:
    document = {"format": "obrelease.gate-policy", "version": 1, "metric": [{"name": "throughput"}]}
    with pytest.raises(InvalidInput, match=said):
        policy_of({**document, **change}, "policy.toml")


def test_a_policy_file_is_toml_that_is_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_policy(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    for content in (b"metric = [", b"\xff\xfe", b"a = " + b"[" * 5_000):
        broken.write_bytes(content)
        with pytest.raises(InvalidInput, match="not valid TOML"):
            read_policy(broken)

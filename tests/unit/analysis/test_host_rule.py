"""Runs that are known to be of one machine, by the name of the host or by a label."""

from __future__ import annotations

from dataclasses import replace

import pytest

from obrelease.analysis.comparison.compare import compare
from obrelease.analysis.comparison.gate import GateVerdict, evaluate_gate
from obrelease.analysis.comparison.host_rule import same_host_reason
from obrelease.analysis.comparison.match_releases import match_releases
from obrelease.analysis.comparison.verdict import Rules
from obrelease.analysis.summary.run import Run
from obrelease.errors import Inconclusive, InvalidInput
from obrelease.models.artefact import UNKNOWN, Label
from tests.made_up_runs import on_host, side, with_fields
from tests.unit.analysis.test_gate_policy import policy


def unknown(name: str, host: str | None = None, runner: str | None = None, rate: float = 1e6) -> list[Run]:
    """Runs whose files do not describe their machine."""
    runs = [on_host(each, cpu_model=UNKNOWN) for each in side(name, rate=rate)]
    labels = {} if runner is None else {"runner": Label(value=runner, source="user")}
    return [
        with_fields(each, host=each.artefact.host.model_copy(update={"name": host}), labels=labels)
        for each in runs
    ]


@pytest.mark.parametrize(
    ("rules", "base", "head", "reason"),
    [
        (["name"], ("lab-7", None), ("lab-7", None), "host name lab-7"),
        (["name"], ("lab-7", None), ("lab-8", None), None),
        (["name"], ("lab-7", None), (None, None), None),
        (["name"], (None, None), (None, None), None),
        (["label:runner"], ("a", "big"), ("b", "big"), "label runner big"),
        (["label:runner"], ("a", "big"), ("a", "small"), None),
        (["name", "label:runner"], (None, "big"), (None, "big"), "label runner big"),
        (["name", "unnamed"], (None, None), (None, None), "no run names its host"),
        (["name", "unnamed"], ("lab-7", None), (None, None), None),
        (["unnamed"], ("lab-7", None), ("lab-8", None), None),
        ([], ("lab-7", None), ("lab-7", None), None),
    ],
)
def test_the_first_rule_with_a_value_decides(
    rules: list[str],
    base: tuple[str | None, str | None],
    head: tuple[str | None, str | None],
    reason: str | None,
) -> None:
    runs = [*unknown("base", *base), *unknown("head", *head)]
    assert same_host_reason([each.artefact for each in runs], rules) == reason
    chosen = replace(Rules(), same_host=tuple(rules))
    if reason is None:
        with pytest.raises(Inconclusive, match="cpu_model"):
            compare(runs[:6], runs[6:], chosen)
    else:
        notes = compare(runs[:6], runs[6:], chosen).notes
        assert notes[0] == f"taken for one host ({reason}); unknown facts: host.cpu_model"


def test_facts_that_are_known_to_differ_never_compare() -> None:
    base = [on_host(each, cpu_model="a cpu") for each in unknown("base", "lab-7")]
    head = [on_host(each, cpu_model="another") for each in unknown("head", "lab-7")]
    with pytest.raises(Inconclusive, match="a cpu against another"):
        compare(base, head)


def test_equal_facts_of_hosts_with_other_names_compare_and_it_is_noted() -> None:
    base = [on_host(each, cpu_model="a cpu") for each in unknown("base", "runner-1")]
    head = [on_host(each, cpu_model="a cpu") for each in unknown("head", "runner-2")]
    assert (
        "measured on 2 hosts of other names and equal facts: runner-1, runner-2" in compare(base, head).notes
    )


def test_a_policy_states_the_rule_and_the_gate_fires_without_a_flag() -> None:
    base, head = unknown("base", runner="big"), unknown("head", runner="big", rate=0.5e6)
    stated = policy({"name": "throughput"}, same_host="label:runner")
    assert evaluate_gate(stated, base, head).verdict is GateVerdict.REGRESSION
    several = policy({"name": "throughput"}, same_host=["name", "label:runner"])
    assert evaluate_gate(several, base, head).verdict is GateVerdict.REGRESSION
    matched = match_releases(base, head, host_rules=several.rules().same_host)
    assert len(matched.pairs) == 1
    assert match_releases(base, head).pairs == ()
    with pytest.raises(InvalidInput, match="same_host"):
        policy({"name": "throughput"}, same_host="label")

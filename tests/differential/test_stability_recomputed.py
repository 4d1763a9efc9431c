"""What the harness says of the spread of its passes, and what is read out of the artefact again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from obengine.harness.stability import stability_check
from obrelease.analysis.summary.stability import instabilities, stability_findings
from obrelease.models.artefact import Artefact, Check, Outcome, Producer, own_series
from tests.drafts import draft

WALLS = st.lists(st.integers(1, 10**12) | st.integers(900, 1_600), min_size=1, max_size=40)


def run_of(walls: list[int], *, of: str = "", series: str = "pass-wall", seeds: int = 1) -> Artefact:
    each = len(walls) // seeds
    check_of_run = max(
        (
            stability_check(walls[at : at + each], (), name=f"stability-{of}" if of else "stability")
            for at in range(0, len(walls), each)
        ),
        key=lambda check: (check.counts["unstable"], check.counts["middle-half-permille"]),
    )
    check = Check(
        name=check_of_run.name,
        passed=check_of_run.passed,
        detail=check_of_run.detail,
        counts=dict(check_of_run.counts),
    )
    return draft(
        kind="bench",
        scenario="baseline",
        command=("obrelease", "run", "bench"),
        producer=Producer(name="obrelease", version="1"),
        parameters={"seeds": ",".join(map(str, range(seeds)))} if seeds > 1 else {},
        workload=None,
        outcome=Outcome(events=0, events_digest="0" * 64, state_digest="0" * 64, checks=(check,)),
        metrics=(own_series(series, "ns", tuple(walls)),),
    )


@given(WALLS)
def test_a_correct_verdict_is_confirmed(walls: list[int]) -> None:
    """The verdict follows from the walls of the passes by the thresholds that it states."""
    run = run_of(walls)
    assert list(stability_findings(run)) == []
    assert bool(instabilities(run)) == bool(stability_check(walls, ()).counts["unstable"])


@given(WALLS, st.data())
def test_other_samples_than_the_verdicts_are_named(walls: list[int], data: st.DataObject) -> None:
    """A slowest pass of twice the time moves its share of the median."""
    run = run_of(walls)
    slower = [*sorted(walls)[:-1], 2 * max(walls)]
    (series,) = run.metrics
    forged = run.model_copy(update={"metrics": (series.model_copy(update={"samples": tuple(slower)}),)})
    assert list(stability_findings(forged)) or len(walls) == 1


def test_scales_and_seeds_are_evaluated_separately() -> None:
    scale = run_of([1000] * 5, of="x10", series="saturated-wall-x10")
    seeds = run_of([1000] * 5 + [2000] * 5, of="inline", series="inline-wall", seeds=2)
    assert [list(stability_findings(run)) for run in (scale, seeds)] == [[], []]
    assert (instabilities(scale), instabilities(seeds)) == ((), ())
    shaky = run_of([1000] * 4 + [1600], of="inline", series="inline-wall")
    assert instabilities(shaky) == ("inline: the slowest pass took more than 150 % of the median",)

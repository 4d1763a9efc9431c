"""The verdict, its reason and its interval are never at odds, whatever the evidence."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from obrelease.analysis.comparison.verdict import Evidence, Rules, Verdict, decide

CHANGED = {Verdict.BETTER, Verdict.WORSE, Verdict.CHANGED}
ENDS = st.floats(-1, 1)


@given(
    st.lists(ENDS, min_size=3, max_size=3).map(sorted),
    st.floats(0, 0.5),
    st.floats(0, 1),
    st.tuples(st.integers(0, 12), st.integers(0, 12)),
    st.sampled_from(["lower", "higher", None]),
)
def test_a_verdict_follows_from_its_interval(
    ends: list[float], limit: float, p_adjusted: float, runs: tuple[int, int], direction: str | None
) -> None:
    """Rule: a change is significant, excludes no change and reaches the limit; same is inside of it."""
    low, change, high = ends
    rules = Rules()
    evidence = Evidence(runs, change, low, high, limit, p_adjusted, tested=3)
    found = decide(evidence, direction, 2.0, rules)  # type: ignore[arg-type]
    includes_none, inside = low <= 0 <= high, -limit <= low and high <= limit
    if found.verdict in CHANGED:
        assert p_adjusted <= rules.alpha
        assert not includes_none
        assert not inside
        assert abs(change) >= limit
        assert found.verdict is not Verdict.CHANGED or direction is None
    if found.verdict is Verdict.SAME:
        assert inside
        assert found.not_worse
    if found.verdict is Verdict.WORSE:
        assert not found.not_worse
        assert (change > 0) == (direction == "lower")
    if "reaches beyond" in found.reason:
        assert includes_none
        assert not inside
    if "not significant" in found.reason:
        assert p_adjusted > rules.alpha
    if min(runs) < 4:
        assert found.verdict is Verdict.INCONCLUSIVE
        assert f"{runs[0]} + {runs[1]} runs" in found.reason


@given(st.lists(ENDS, min_size=3, max_size=3).map(sorted), st.floats(0, 0.5), st.floats(0, 1))
def test_swapped_sides_swap_better_and_worse(ends: list[float], limit: float, p_adjusted: float) -> None:
    """Rule: the verdict on head against base is the opposite of that on base against head."""
    low, change, high = ends
    one = decide(Evidence((6, 6), change, low, high, limit, p_adjusted), "lower", 2.0, Rules())
    other = decide(Evidence((6, 6), -change, -high, -low, limit, p_adjusted), "lower", 2.0, Rules())
    opposite = {Verdict.BETTER: Verdict.WORSE, Verdict.WORSE: Verdict.BETTER}
    assert other.verdict is opposite.get(one.verdict, one.verdict)
    assert other.reason == one.reason

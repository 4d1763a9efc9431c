"""P-values of many metrics, adjusted so that the share of false findings is bounded.

Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", 1995. Where nothing has changed
at all, every finding is false, and the probability of any finding stays at or under the level.
"""

from __future__ import annotations

from collections.abc import Sequence


def benjamini_hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """The lowest level at which each p-value would count as a finding, in the order given."""
    number = len(p_values)
    order = sorted(range(number), key=lambda index: p_values[index], reverse=True)
    adjusted = [1.0] * number
    lowest = 1.0
    for place, index in enumerate(order):
        lowest = min(lowest, p_values[index] * (number / (number - place)))
        adjusted[index] = lowest
    return tuple(adjusted)

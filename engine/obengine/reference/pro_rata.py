"""Pro-rata allocation with a top order (section 4.13 of the specification)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProRata:
    """The parameters of pro-rata matching: the least allocation, and the most lots of the top order."""

    least_lots: int
    top_lots: int


def allocate(rule: ProRata, lots: int, sizes: dict[int, int], top: int | None) -> dict[int, int]:
    """Allocate the lots of a taker to the orders of a level.

    Args:
        rule: the parameters.
        lots: the lots of the taker.
        sizes: order id -> lots that it may trade, in queue order.
        top: the id of the top order, if it is one of these.

    Returns:
        Order id -> allocated lots, in queue order.
    """
    given = dict.fromkeys(sizes, 0)
    if top in sizes and top is not None:
        given[top] = min(lots, sizes[top], rule.top_lots)
    left = lots - sum(given.values())
    sizes_left = {order_id: size - given[order_id] for order_id, size in sizes.items()}
    total = sum(sizes_left.values())
    if left >= total:
        return sizes
    for order_id, size in sizes_left.items():
        share = left * size // total
        given[order_id] += share if share >= rule.least_lots else 0
    left = lots - sum(given.values())
    for order_id, size in sizes.items():
        extra = min(left, size - given[order_id])
        given[order_id] += extra
        left -= extra
    return given

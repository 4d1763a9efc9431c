"""Order ids that were made to fall into one chain of the native core's table, held against the reference."""

from __future__ import annotations

import numpy as np
import pytest

from obengine.api.messages import COMMAND, Commands, EventKind, Op, Side
from obengine.native.book import NativeBook
from obengine.reference.book import ReferenceBook

GOLDEN = 0x9E37_79B9_7F4A_7C15
"""The table's first multiplier; it hashes an id without its last four bits."""


def colliding_ids(count: int) -> list[int]:
    """Ids whose hash is a number so small that every table width puts it into the first cells."""
    inverse = pow(GOLDEN, -1, 2**64)
    found: list[int] = []
    product = 1
    while len(found) < count:
        shortened = product * inverse % 2**64
        if shortened < 2**60:
            found.append(shortened << 4)
        product += 1
    return found


def stream(ids: list[int]) -> Commands:
    """Every id added, added again, half of them cancelled, some cancelled twice, and used again."""
    side, count = int(Side.BUY), len(ids)
    made = np.zeros(4 * count, COMMAND)
    numbers = np.array(ids, dtype=np.uint64)
    made["op"] = np.repeat([Op.NEW, Op.NEW, Op.CANCEL, Op.NEW], count)
    made["order_id"] = np.concatenate([numbers, numbers[::-1], np.roll(numbers, 7), numbers])
    made["side"], made["qty_lots"] = side, 1 + np.arange(4 * count) % 9
    made["price_ticks"] = 1_000 - np.arange(4 * count) % 50
    kept = np.ones(4 * count, dtype=bool)
    kept[2 * count : 3 * count : 2] = False
    return made[kept]


def test_the_ids_collide_in_a_new_table() -> None:
    ids = colliding_ids(4_000)
    assert len(set(ids)) == len(ids)
    assert {(number >> 4) * GOLDEN % 2**64 >> 47 for number in ids} == {0}


@pytest.mark.parametrize("batch", [1, 33, 20_000])
def test_the_events_are_those_of_the_reference(batch: int) -> None:
    """What the table answers does not depend on the multiplier that it draws when a chain grows long."""
    commands = stream(colliding_ids(4_000))
    native, reference = NativeBook(1), ReferenceBook(1)
    given = [native.apply(commands[at : at + batch]).tobytes() for at in range(0, len(commands), batch)]
    expected = reference.apply(commands)
    assert b"".join(given) == expected.tobytes()
    assert native.state_digest() == reference.state_digest()
    assert native.audit() is None
    kinds = set(expected["kind"].tolist())
    assert {EventKind.ACCEPTED, EventKind.REJECTED, EventKind.CANCELLED} <= kinds

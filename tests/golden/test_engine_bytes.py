"""The exact bytes of the engine's events: they are a published format, on every core."""

from __future__ import annotations

import numpy as np
import pytest

from obengine import cores
from obengine.messages import (
    COMMAND,
    MAX_ID,
    MAX_QTY,
    NO_PRICE,
    Commands,
    EventKind,
    Op,
    RejectCode,
    records_digest,
)

SCENE = [
    (Op.NEW, 1, 0, 0, 0, 0, 5, 7, 1, 101),
    (Op.NEW, 1, 0, 0, 1, 0, MAX_QTY, 7, MAX_ID, -1),
    (Op.NEW, 0, 0, 1, 0, 0, 9, 8, 2, 101),
    (Op.NEW, 0, 1, 0, 0, 0, 1, 8, 3, NO_PRICE),
    (Op.NEW, 0, 0, 0, 0, 0, 6, 8, 4, 99),
    (Op.CANCEL, 0, 0, 0, 0, 0, 2, 0, 4, 0),
    (Op.MODIFY, 0, 0, 0, 0, 0, 3, 0, 4, 99),
    (Op.MODIFY, 0, 0, 0, 0, 0, 3, 0, 4, 98),
    (Op.EXECUTE, 0, 0, 0, 0, 0, 1, 0, 4, 0),
    (Op.CANCEL, 0, 0, 0, 1, 0, 0, 0, 4, 0),
]

SCENE_EVENTS = """
0101000005000000 0100000000000000 0000000000000000 6500000000000000
01010100ffffff7f ffffffffffffffff 0000000000000000 ffffffffffffffff
0100000009000000 0200000000000000 0000000000000000 6500000000000000
0200000005000000 0200000000000000 0100000000000000 6500000000000000
0301000004000000 0200000000000000 0000000000000000 6500000000000000
0100000001000000 0300000000000000 0000000000000000 0000000000000080
0301000001000000 0300000000000000 0000000000000000 0000000000000080
0100000006000000 0400000000000000 0000000000000000 6300000000000000
0300000002000000 0400000000000000 0000000000000000 6300000000000000
0401000003000000 0400000000000000 0000000000000000 6300000000000000
0400000003000000 0400000000000000 0000000000000000 6200000000000000
0201000001000000 0000000000000000 0400000000000000 6200000000000000
050a010000000000 0400000000000000 0100000000000000 0000000000000000
"""


def long_stream(messages: int = 20_000) -> Commands:
    """Commands from a 64-bit linear congruential generator: every op, and every kind of nonsense."""
    state, rows = 1, []
    for _ in range(messages):
        draws = []
        for _ in range(4):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            draws.append(state >> 33)
        what, how, lots, name = draws
        op = (0, 0, 0, 0, 1, 1, 2, 3)[what % 8]
        kind = int(op == Op.NEW and how % 10 == 0)
        price = NO_PRICE if kind else 1000 + how // 16 % 41
        qty = 0 if op == Op.CANCEL and lots % 2 else 1 + lots % 60
        row = [
            op,
            what // 8 % 2,
            kind,
            int(what // 16 % 5 == 0),
            what // 128 % 3 % 2,
            0,
            qty,
            name % 9,
            name % 200,
            price,
        ]
        spoil, to = ((0, 77), (1, 2), (2, 3), (3, 9), (4, 2), (5, 4), (6, -5), (9, NO_PRICE))[
            what // 2**14 % 8
        ]
        if what // 2**17 % 16 == 0:
            row[spoil] = to
        rows.append(tuple(row))
    return np.array(rows, COMMAND)


@pytest.mark.parametrize("core", cores.names())
def test_the_bytes_of_a_scene(core: str) -> None:
    events = cores.make_book(core, symbols=2).apply(np.array(SCENE, COMMAND))
    assert [row.tobytes().hex(" ", 8) for row in events] == SCENE_EVENTS.split("\n")[1:-1]


@pytest.mark.parametrize("core", cores.names())
def test_the_digests_of_a_long_stream(core: str) -> None:
    commands = long_stream()
    assert records_digest(commands) == "ce59f0dc68a900fa1f1df38eda72fe8053198526bcb13c02aa399176721e662f"
    book = cores.make_book(core, symbols=2)
    events = book.apply(commands)
    assert set(events["kind"].tolist()) == set(EventKind)
    assert set(events["detail"][events["kind"] == EventKind.REJECTED].tolist()) == set(RejectCode)
    assert records_digest(events) == "ec944acfba3c30f1a49f8ae0291bbaec2c2fb2c8ffc72854361ace52c319dc68"
    assert book.state_digest() == "e125a533e1a230788e6821b1212014a8f3f40944eb24c91e81a02f20914e4e40"

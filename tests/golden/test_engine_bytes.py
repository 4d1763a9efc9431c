"""The exact bytes of the engine's events: they are a published format, on every core."""

from __future__ import annotations

import numpy as np
import pytest

from obengine import cores
from obengine.api.messages import (
    COMMAND,
    CROSS,
    MAX_ID,
    MAX_QTY,
    NO_PRICE,
    CancelReason,
    Commands,
    EventKind,
    Op,
    Priority,
    Queue,
    RejectCode,
    Side,
    records_digest,
)
from tests.golden.auction_stream import auction_stream
from tests.golden.full_stream import full_stream, later_stream, rule_stream

RULE_EVENTS = {EventKind.RULE_SET, EventKind.LIMIT_STATE}
RULE_CODES = {RejectCode.UNKNOWN_RULE, RejectCode.BAD_RULE, RejectCode.OUTSIDE_BAND}
STEP_CODES = {RejectCode.BAD_STEP, RejectCode.OFF_STEP_PRICE, RejectCode.OFF_STEP_QUANTITY}
EARLIER_EVENTS = set(range(1, EventKind.TRADE_WINDOW_SET))
EARLIER_CODES = set(range(1, RejectCode.UNKNOWN_TRADE))
"""Those that streams without trade busts can meet."""

PLAIN_EVENTS = {1, 2, 3, 4, 5}
PLAIN_CODES = set(range(1, 11))
"""The event kinds and reject codes that a stream of plain orders can meet."""

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
    """Commands of the plain book from a 64-bit linear congruential generator, and nonsense among them."""
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
        spoil, to = ((0, 77), (1, 2), (2, 9), (3, 9), (4, 2), (5, 4), (6, -5), (9, NO_PRICE))[
            what // 2**14 % 8
        ]
        if what // 2**17 % 16 == 0:
            row[spoil] = to
        rows.append(tuple(row))
    return np.array(rows, COMMAND)


@pytest.mark.parametrize("core", cores.core_names())
def test_the_bytes_of_a_scene(core: str) -> None:
    events = cores.make_book(core, symbols=2).apply(np.array(SCENE, COMMAND))
    assert [row.tobytes().hex(" ", 8) for row in events] == SCENE_EVENTS.split("\n")[1:-1]


@pytest.mark.parametrize("core", cores.core_names())
def test_the_digests_of_a_long_stream(core: str) -> None:
    commands = long_stream()
    assert records_digest(commands) == "1d43437f88cd6d46ff2ea57c754ba47a030dd2cc343734153ebf9e6443d4fe30"
    book = cores.make_book(core, symbols=2)
    events = book.apply(commands)
    assert set(events["kind"].tolist()) == PLAIN_EVENTS
    assert set(events["detail"][events["kind"] == EventKind.REJECTED].tolist()) == PLAIN_CODES
    assert records_digest(events) == "ec944acfba3c30f1a49f8ae0291bbaec2c2fb2c8ffc72854361ace52c319dc68"
    assert book.state_digest() == "5a747bcfaca88b8bab17b6994c1dffc877db7b3c492f08433ce243136b3ed81f"


@pytest.mark.parametrize("core", cores.core_names())
def test_the_digests_of_a_stream_of_every_order_kind(core: str) -> None:
    commands = full_stream()
    assert records_digest(commands) == "a4e0f8ec8ccc35b5e14a52b2e551a932e46396764ee8b2ecee414a0a89a9e752"
    book = cores.make_book(core, symbols=2)
    events = book.apply(commands)
    kinds = EARLIER_EVENTS - {EventKind.STEPS_SET} - RULE_EVENTS
    said = {kind: set(events["detail"][events["kind"] == kind].tolist()) for kind in kinds}
    assert said[EventKind.REJECTED] == EARLIER_CODES - STEP_CODES - RULE_CODES
    assert said[EventKind.CANCELLED] == set(range(CancelReason.BAND))
    assert said[EventKind.MODIFIED] == set(Priority)
    assert said[EventKind.TRADED] == {*Side, CROSS}
    assert all(said.values())
    assert records_digest(events) == "27dee787e8f44d45aef06e8f3bc11d0dee3295ff7b4ce7620c5dec4e4b323961"
    assert book.state_digest() == "caea627d7df45bca335faabe786ac940005d937991aea9cff18f2e7769c2d223"
    placements = events["other_id"][events["kind"] == EventKind.ACCEPTED] & np.uint64(255)
    assert set(placements.tolist()) == set(Queue) - {Queue.ON_OPEN, Queue.ON_CLOSE}


@pytest.mark.parametrize("core", cores.core_names())
def test_the_digests_of_a_stream_with_the_later_commands(core: str) -> None:
    commands = later_stream()
    assert records_digest(commands) == "4033f2a67f93142317d2f4adc38b993466c089babf8778273df8159d3fad241a"
    book = cores.make_book(core, symbols=2)
    events = book.apply(commands)
    assert set(events["kind"].tolist()) == EARLIER_EVENTS - RULE_EVENTS
    codes = set(events["detail"][events["kind"] == EventKind.REJECTED].tolist())
    assert codes == EARLIER_CODES - RULE_CODES
    assert records_digest(events) == "339f650850634dfb370c266c7d62575225134701a3522988b53b6945dd2df9f1"
    assert book.state_digest() == "97d3acc409a8e8d1ba0f59cfce9ccf7b9cb2b611521aa8641056f73d7690bd16"


@pytest.mark.parametrize("core", cores.core_names())
def test_the_digests_of_a_stream_with_rules(core: str) -> None:
    commands = rule_stream()
    assert records_digest(commands) == "e4a4f336e1c0b43c14321e400b86bbafaaa9169452a40b84d49b7b9a2325c18e"
    book = cores.make_book(core, symbols=2)
    events = book.apply(commands)
    assert set(events["kind"].tolist()) == EARLIER_EVENTS
    assert set(events["detail"][events["kind"] == EventKind.REJECTED].tolist()) == EARLIER_CODES
    assert set(events["detail"][events["kind"] == EventKind.CANCELLED].tolist()) == set(
        range(CancelReason.AUCTION)
    )
    assert records_digest(events) == "62d9f531945d4acce6d6de8945b2469ed3d6bc0c9c31c4e37771ef9ff3ddffdb"
    assert book.state_digest() == "c555a903bafe34049e1f08d11fcbeadcf855c54ffdcfb69885e13b30243a39c0"


@pytest.mark.parametrize("core", cores.core_names())
def test_the_digests_of_a_stream_of_auctions(core: str) -> None:
    commands = auction_stream()
    assert records_digest(commands) == "79b6ca6d0eb13653a04e26a2658827bcf7c8c10b9945e57b3b0ee52ad7a1fb40"
    book = cores.make_book(core, symbols=2)
    events = book.apply(commands)
    assert set(events["kind"].tolist()) == set(EventKind) - {EventKind.LIMIT_STATE}
    assert set(events["detail"][events["kind"] == EventKind.CANCELLED].tolist()) == set(CancelReason)
    placements = events["other_id"][events["kind"] == EventKind.ACCEPTED] & np.uint64(255)
    assert set(placements.tolist()) == set(Queue)
    assert records_digest(events) == "a198aba4546e2f691f84d98baaa1eadcce5f55f61a0aab86b2dea8e5e185dd90"
    assert book.state_digest() == "c1d2e7c48181192ad1c50ab9f12cb223836946bae4ccfa277186041935b2ea0f"

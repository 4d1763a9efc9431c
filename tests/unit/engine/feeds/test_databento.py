"""Databento MBO files: each action, instruments and scales, and an independent book of the same records."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import databento_dbn as dbn
import pytest

from obengine.api.errors import FeedError, WorkloadError
from obengine.api.messages import Op, Side
from obengine.cores import make_book
from obengine.feeds.databento import is_databento, read_databento
from obengine.feeds.trades import NO_SIDE
from obengine.harness.replay import run_replay
from obengine.harness.selection import Selection

START_NS = 1_700_000_000_000_000_000
TICK = 250_000_000
Row = tuple[str, int, str, int, int]
"""Action, order id, side, price in ticks of 0.25, size."""


def record(row: Row, number: int, instrument: int = 5482, *, flags: int = 128) -> bytes:
    action, order_id, side, price, size = row
    ticks = dbn.UNDEF_PRICE if price is None else price * TICK
    made = dbn.MBOMsg(
        1, instrument, START_NS + number, order_id, ticks, size,
        dbn.Action(action), dbn.Side(side), START_NS + 10 * number, flags=flags,
    )  # fmt: skip
    return bytes(made)


def header(schema: dbn.Schema = dbn.Schema.MBO) -> bytes:
    metadata = dbn.Metadata(
        "GLBX.MDP3", START_NS, dbn.SType.RAW_SYMBOL, dbn.SType.INSTRUMENT_ID, schema, symbols=["ESH4"]
    )
    return bytes(metadata.encode())


def write(folder: Path, *rows: Row, name: str = "day.dbn") -> Path:
    path = folder / name
    path.write_bytes(header() + b"".join(record(row, number) for number, row in enumerate(rows)))
    return path


ROWS: tuple[Row, ...] = (
    ("R", 0, "N", 0, 0),
    ("A", 1, "B", 100, 10),
    ("A", 2, "A", 104, 7),
    ("M", 1, "B", 100, 6),
    ("M", 1, "B", 100, 9),
    ("M", 2, "A", 103, 7),
    ("T", 0, "B", 103, 2),
    ("F", 2, "A", 103, 2),
    ("C", 2, "A", 103, 2),
    ("C", 77, "A", 103, 2),
    ("M", 8, "B", 99, 3),
    ("A", 8, "B", 98, 4),
    ("N", 0, "N", 0, 0),
)


def test_each_action_becomes_its_commands(tmp_path: Path) -> None:
    day = read_databento(write(tmp_path, *ROWS))
    fields = ["op", "side", "qty_lots", "order_id"]
    assert day.commands[fields].tolist() == [
        (Op.STATE, 2, 0, 0),
        (Op.NEW, Side.BUY, 10, 1),
        (Op.NEW, Side.SELL, 7, 2),
        (Op.CANCEL, 0, 4, 1),
        (Op.CANCEL, 0, 0, 1),
        (Op.NEW, Side.BUY, 9, 1),
        (Op.CANCEL, 0, 0, 2),
        (Op.NEW, Side.SELL, 7, 2),
        (Op.CANCEL, 0, 2, 2),
        (Op.NEW, Side.BUY, 3, 8),
        (Op.CANCEL, 0, 0, 8),
        (Op.NEW, Side.BUY, 4, 8),
    ]
    assert (day.dataset, day.unknown_orders, day.tick_units) == ("GLBX.MDP3", 2, (TICK,))
    assert day.counts["added-again"] == 1
    assert day.times_ns[1] == START_NS + 10
    assert day.trades[["price_ticks", "qty_lots", "side"]].tolist() == [(103, 2, Side.SELL)]
    assert day.price(0, 103) == 25.75


def test_a_clear_cancels_every_order_of_its_instrument(tmp_path: Path) -> None:
    rows = [record(("A", 1, "B", 100, 5), 1), record(("A", 2, "A", 104, 5), 2)]
    rows += [record(("A", 1, "B", 7, 5), 3, 99), record(("R", 0, "N", 0, 0), 4)]
    path = tmp_path / "two.dbn"
    path.write_bytes(header() + b"".join(rows))
    day = read_databento(path)
    assert day.symbols == ("instrument-5482", "instrument-99")
    assert day.tick_units == (4 * TICK, 7 * TICK), "the common step of the prices of each instrument"
    book = make_book("reference", 2)
    book.apply(day.commands)
    assert book.snapshot().orders[["symbol", "order_id", "price_ticks"]].tolist() == [(1, 1, 1)]


@pytest.mark.parametrize("core", ["reference", "native"])
def test_the_book_is_that_of_an_independent_program(tmp_path: Path, core: str) -> None:
    """The plain rules of the schema, order by order, over made records of every action."""
    chance = random.Random(5)
    rows: list[Row] = []
    plain: dict[int, tuple[str, int, int]] = {}
    for number in range(1, 3_000):
        kind = chance.choice("AAAMMCCTF") if plain else "A"
        known = chance.choice(list(plain)) if plain else 0
        if kind == "A":
            rows.append(("A", number, chance.choice("AB"), chance.randrange(50, 150), chance.randrange(1, 9)))
            plain[number] = rows[-1][2:]
        elif kind == "M":
            side, price, _ = plain[known]
            rows.append(("M", known, side, price + chance.choice((0, 0, 1, -1)), chance.randrange(1, 9)))
            plain[known] = rows[-1][2:]
        elif kind == "C":
            side, price, open_lots = plain[known]
            size = chance.randrange(1, open_lots + 1)
            rows.append(("C", known, side, price, size))
            plain[known] = (side, price, open_lots - size)
            if size == open_lots:
                del plain[known]
        else:
            rows.append((kind, known, "A", 100, 1))
        if number % 700 == 0:
            rows.append(("R", 0, "N", 0, 0))
            plain.clear()
    path = write(tmp_path, *rows)
    outcome = run_replay(path, core=core, passes=1)
    assert all(check.passed for check in outcome.checks), outcome.checks
    day = read_databento(path)
    book = make_book(core, len(day.symbols))
    book.apply(day.commands)
    orders = book.snapshot().orders[["order_id", "side", "price_ticks", "open_lots"]].tolist()
    sides = {"A": int(Side.SELL), "B": int(Side.BUY)}
    step = day.tick_units[0] // TICK
    assert sorted(orders) == sorted(
        (number, sides[side], price // step, lots) for number, (side, price, lots) in plain.items()
    )
    assert outcome.workload.name == "databento-mbo"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("A", 1, "N", 100, 1), "not a side"),
        (("A", 1, "B", 100, 0), "not a size"),
        (("A", 1, "B", 100, 2**31), "not a size"),
        (("A", 1, "B", None, 1), "no price"),
    ],
)
def test_a_record_that_no_book_can_follow_is_refused(tmp_path: Path, row: Row, reason: str) -> None:
    with pytest.raises(FeedError, match=reason) as caught:
        read_databento(write(tmp_path, *ROWS[:3], row))
    assert caught.value.line == 4


def test_a_level_is_no_order(tmp_path: Path) -> None:
    path = tmp_path / "top.dbn"
    path.write_bytes(header() + record(("A", 0, "B", 100, 5), 1, flags=64))
    with pytest.raises(FeedError, match="a level, not an order"):
        read_databento(path)


def test_files_of_another_kind_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, *ROWS)
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    with pytest.raises(FeedError, match="truncated record") as caught:
        read_databento(path)
    assert caught.value.line == len(ROWS)
    for wrong, reason in (
        (b"", "empty or truncated"),
        (b"DBN", "empty or truncated"),
        (whole[:90], "truncated header"),
        (b"XYZ" + whole[3:], "not a readable DBN file"),
        (header(), "no MBO records"),
        (header(dbn.Schema.TRADES), "the schema is trades"),
        (b"\x28\xb5\x2f\xfd" + whole, "not a readable DBN file"),
    ):
        path.write_bytes(wrong)
        with pytest.raises(FeedError, match=reason):
            read_databento(path)
    with pytest.raises(FeedError, match="No such file"):
        read_databento(tmp_path / "none.dbn")
    assert not is_databento(tmp_path / "none.dbn")


def test_changed_bytes_never_escape_the_error_tree(tmp_path: Path) -> None:
    path = write(tmp_path, *ROWS)
    whole = bytearray(path.read_bytes())
    refused = 0
    for at in range(len(whole)):
        whole[at] ^= 0xA5
        path.write_bytes(whole)
        try:
            read_databento(path)
        except FeedError:
            refused += 1
        whole[at] ^= 0xA5
    assert refused > 20


def test_symbols_are_chosen_by_their_names(tmp_path: Path) -> None:
    """Rule: of some symbols, the commands are those of a file that has only their records."""
    own = [record(row, number) for number, row in enumerate(ROWS)]
    others = [record(("A", 1, "B", 7, 5), number, 99) for number in range(len(ROWS))]
    both, alone = tmp_path / "both.dbn", write(tmp_path, *ROWS)
    both.write_bytes(header() + b"".join(part for pair in zip(others, own, strict=True) for part in pair))
    chosen = read_databento(both, ["instrument-5482"])
    assert chosen.symbols == ("instrument-5482",)
    assert chosen.commands.tobytes() == read_databento(alone).commands.tobytes()
    assert read_databento(both).symbols == ("instrument-99", "instrument-5482")
    selection = Selection((), ("instrument-99",))
    outcome = run_replay(both, core="reference", passes=1, selection=selection)
    assert outcome.workload.messages == 1 + 2 * len(ROWS) - 1
    with pytest.raises(FeedError, match="no records of this symbol; the file has instrument-5482"):
        read_databento(alone, ["ESH4"])


def test_a_time_cannot_be_chosen_and_a_missing_library_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, *ROWS)
    with pytest.raises(WorkloadError, match="only symbols"):
        run_replay(path, core="native", passes=1, selection=Selection(from_ns=1))
    monkeypatch.setitem(sys.modules, "databento_dbn", None)
    with pytest.raises(FeedError, match="need databento-dbn: pip install databento-dbn"):
        read_databento(path)


def test_a_trade_of_no_side_has_none(tmp_path: Path) -> None:
    day = read_databento(write(tmp_path, ("A", 1, "B", 100, 5), ("T", 0, "N", 100, 5)))
    assert day.trades["side"].tolist() == [NO_SIDE]

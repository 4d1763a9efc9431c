"""What the native book asks of the arrays that it is given, and promises of those that it gives."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from obengine import cores
from obengine.api.errors import BatchError, CoreUnavailable, SymbolError
from obengine.api.messages import COMMAND, EVENT, EventKind, Side, records_digest
from obengine.native.book import NativeBook
from obengine.reference.book import ReferenceBook
from tests.differential.plain_streams import steady

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param([1, 2, 3], id="a list"),
        pytest.param(np.zeros(4, np.float64), id="floats"),
        pytest.param(np.full(4, np.nan), id="not a number"),
        pytest.param(np.zeros(4, EVENT), id="events"),
        pytest.param(np.zeros(4, COMMAND.newbyteorder(">")), id="big-endian"),
        pytest.param(np.zeros((2, 2), COMMAND), id="two-dimensional"),
        pytest.param(np.zeros(4, COMMAND)[::2], id="with gaps"),
        pytest.param(np.zeros(4, COMMAND)[::-1], id="backwards"),
    ],
)
def test_a_wrong_array_is_refused_before_anything_is_applied(wrong: Any) -> None:
    book = NativeBook()
    with pytest.raises(BatchError):
        book.apply(wrong)
    assert book.next_sequence == 0


def test_commands_may_be_read_only_unaligned_or_none_at_all() -> None:
    commands = steady(5, 500)
    expected = ReferenceBook().apply(commands).tobytes()
    unaligned = np.frombuffer(b"\0" + commands.tobytes(), COMMAND, offset=1)
    assert not unaligned.flags.writeable
    assert NativeBook().apply(unaligned).tobytes() == expected
    assert len(NativeBook().apply(commands[:0])) == 0


def test_events_belong_to_the_caller() -> None:
    book = NativeBook()
    commands = steady(5, 3_000)
    first = book.apply(commands[:10])
    kept = first.tobytes()
    second = book.apply(commands[10:])
    del book
    assert first.flags.writeable
    assert first.dtype == second.dtype == EVENT
    assert first.tobytes() == kept
    assert not np.shares_memory(first, second)


def test_events_that_are_kept_stay_as_they_are_while_others_are_dropped() -> None:
    commands = steady(5, 80_000)
    expected = ReferenceBook().apply(commands)
    book = NativeBook()
    kept: list[tuple[int, Any]] = []
    for size in (1_024, 1_025, 5_000, 2_500, 3_000, 5_000, 9_000, 4_000, 3_000, 3_000):
        book.apply(commands[:size])  # dropped at once
        commands = commands[size:]
        kept.append((book.next_sequence, book.apply(commands[:size])))
        commands = commands[size:]
    for start, events in kept:
        assert records_digest(events) == records_digest(expected[start : start + len(events)])


def test_the_number_of_symbols_is_checked() -> None:
    for symbols in (0, -1, 65_537):
        with pytest.raises(SymbolError):
            NativeBook(symbols)
    with pytest.raises(SymbolError):
        NativeBook(3).depth(Side.BUY, 1, symbol=3)


def test_the_greatest_number_of_symbols_works() -> None:
    commands = np.zeros(2, COMMAND)
    commands["symbol"] = (0, 65_535)
    commands["qty_lots"] = 1
    book = NativeBook(65_536)
    assert book.apply(commands)["kind"].tolist() == [EventKind.ACCEPTED] * 2
    assert book.snapshot().orders["symbol"].tolist() == [0, 65_535]


def test_threads_can_share_a_book() -> None:
    book = NativeBook(4)
    flows = [steady(seed, 20_000) for seed in range(4)]
    alone = [records_digest(NativeBook().apply(flow)) for flow in flows]
    together: dict[int, str] = {}

    def run(symbol: int) -> None:
        commands = flows[symbol].copy()
        commands["symbol"] = symbol
        parts = [book.apply(part) for part in np.split(commands, 50)]
        events = np.concatenate(parts)
        events["symbol"] = 0
        together[symbol] = records_digest(events)

    threads = [threading.Thread(target=run, args=(symbol,)) for symbol in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[symbol] for symbol in range(4)] == alone
    assert book.audit() is None


def test_cores_are_found_by_name() -> None:
    assert cores.core_names() == ("native", "reference")
    assert cores.native_unavailable_reason() is None
    assert isinstance(cores.make_book("native"), NativeBook)
    assert isinstance(cores.make_book("reference", 3), ReferenceBook)
    with pytest.raises(CoreUnavailable, match="native, reference"):
        cores.make_book("quantum")


def test_a_missing_native_core_gives_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "find_spec", lambda name: None)
    assert cores.core_names() == ("reference",)
    with pytest.raises(CoreUnavailable, match="compiler"):
        cores.make_book("native")


def test_a_native_core_that_does_not_load_gives_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obengine._native", None)
    monkeypatch.setattr(cores, "find_spec", lambda name: object())
    reason = cores.native_unavailable_reason()
    assert reason is not None
    assert "cannot be loaded" in reason


def test_the_stub_is_that_of_the_module(tmp_path: Path) -> None:
    fresh = tmp_path / "_native.pyi"
    command = [sys.executable, "-m", "nanobind.stubgen", "-q", "-m", "obengine._native", "-o", str(fresh)]
    subprocess.run(command, cwd=tmp_path, check=True)
    committed = ROOT / "engine" / "obengine" / "_native.pyi"
    assert ast.dump(ast.parse(committed.read_text())) == ast.dump(ast.parse(fresh.read_text())), command


def test_the_core_reports_its_compiler_and_sources() -> None:
    build = cores.native_build()
    assert build is not None
    assert re.fullmatch(r"(GNU|Clang|AppleClang|MSVC) [0-9.]+ .*", build.compiler)
    assert re.fullmatch(r"[0-9a-f]{64}", build.sources_digest)

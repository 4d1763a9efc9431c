"""ITCH 5.0 messages to commands and trades, one message after another, in plain Python.

This is the specification of the compiled decoder (`itch50_native`), which gives the same parts and facts.

Each order message becomes at most two commands:

==== ======================== ==========================================================
type message                  commands
==== ======================== ==========================================================
A F  add (attributed)         NEW GTC; the participant is the number of the attribution in
                              order of first appearance, 0 without one
E C  executed (with price)    EXECUTE of the resting order, at the order's own price
X    cancel                   CANCEL of the shares
D    delete                   CANCEL of the remaining shares
U    replace                  CANCEL of the old order, NEW with the side and owner of the old one
==== ======================== ==========================================================

Symbols are numbered in the order in which they get orders or trades. Before its first command, the trading
state of a symbol is set to AUCTION, so that orders rest without matching: the feed reports every execution
itself, and its books may be crossed. A replace of an order that is not open gives only the CANCEL, because
the side of the new order is unknown.

E, C, P and Q give trades. An executed message (E) has the price of its order. One with a price (C) has its
own, and is not printable if a cross message (Q) reports its shares. A trade message (P) is an execution of a
hidden order. Other messages do not change resting orders; they are counted.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from obengine.api.errors import FeedError
from obengine.api.messages import COMMAND, MAX_QTY, NO_PRICE, Op, Side, TradingState
from obengine.feeds.itch50_layout import DAY_NS, LENGTHS, NAMES, PREFIX
from obengine.feeds.itch50_parts import OPEN_ORDER, Int64s, ItchFacts, ItchPart, halts_of, text_of
from obengine.feeds.trades import NO_SIDE, TRADE, TradeKind

_HEAD: Final = struct.Struct(">sHHHI")
_ADD: Final = struct.Struct(">QsI8sI")
_EXECUTED: Final = struct.Struct(">QIQ")
_EXECUTED_WITH_PRICE: Final = struct.Struct(">QIQsI")
_CANCEL: Final = struct.Struct(">QI")
_REF: Final = struct.Struct(">Q")
_REPLACE: Final = struct.Struct(">QQII")
_TRADE: Final = struct.Struct(">QsI8sIQ")
_CROSS: Final = struct.Struct(">Q8sIQ")
_ACTION: Final = struct.Struct(">8sss4s")
_STOCK: Final = struct.Struct(">8s")
_SIDES: Final = {b"B": int(Side.BUY), b"S": int(Side.SELL)}


@dataclass(slots=True)
class _Open:
    lots: int
    side: int
    price: int
    participant: int


class ReferenceDecoder:
    """The decoder in plain Python.

    Args:
        name: the file, for errors.
        messages, last_ns: number of messages before the first block, and the time of the last of them.
    """

    def __init__(self, name: str, *, messages: int = 0, last_ns: int = 0) -> None:
        self._name = name
        self._messages, self._last_ns = messages, last_ns
        self._number = 0
        self._data, self._body = b"", 0
        self._counts: Counter[str] = Counter()
        self._symbols: dict[int, int] = {}
        self._stocks: dict[int, str] = {}
        self._participants: dict[str, int] = {}
        self._orders: dict[tuple[int, int], _Open] = {}
        self._halts: list[tuple[int, int, str, str]] = []
        self._broken: list[int] = []
        self._unknown = 0
        self._starts = self._ends = False
        self._commands: list[tuple[int, ...]] = []
        self._places: list[tuple[int, int]] = []
        self._trades: list[tuple[int, ...]] = []
        self._handlers: Mapping[str, Callable[[int], None]] = {
            "S": self._system_event, "R": self._directory, "H": self._action, "A": self._add, "F": self._add,
            "E": self._executed, "C": self._executed_with_price, "X": self._cancel, "D": self._delete,
            "U": self._replace, "P": self._trade, "Q": self._cross, "B": self._broken_trade,
        }  # fmt: skip

    @property
    def messages(self) -> int:
        """The number of messages so far."""
        return self._messages

    def decode(self, data: bytes, numbers: Int64s | None = None) -> tuple[int, ItchPart]:
        """Decode whole frames; see `ItchDecoder`."""
        self._commands, self._places, self._trades = [], [], []
        self._data = data
        at, row = 0, 0
        while len(data) - at > PREFIX:
            self._number = self._messages + 1 if numbers is None else int(numbers[row])
            code = chr(data[at + PREFIX])
            length = LENGTHS.get(code)
            if length is None:
                raise self._error("unknown message type", data[at + PREFIX : at + PREFIX + 1])
            if len(data) - at < PREFIX + length:
                break
            stated = int.from_bytes(data[at : at + PREFIX], "big")
            if stated not in {0, length}:
                raise self._error(f"length must be {length} for type {code}", stated)
            self._message(code, at + PREFIX)
            at += PREFIX + length
            row += 1
        return at, self._part()

    def facts(self) -> ItchFacts:
        """What is known after the messages so far."""
        orders = sorted(
            (symbol, order.side, ref, order.price, order.lots)
            for (symbol, ref), order in self._orders.items()
        )
        left_open = np.array(orders, dtype=OPEN_ORDER)
        left_open.sort(order=["symbol", "order_id"])
        return ItchFacts(
            symbols=tuple(self._stocks.get(locate) or f"locate-{locate}" for locate in self._symbols),
            attributions=tuple(self._participants),
            counts={name: n for code, name in NAMES.items() if (n := self._counts[code])},
            halts=halts_of(self._halts, self._symbols),
            unknown_orders=self._unknown,
            broken=np.array(self._broken, dtype=np.uint64),
            left_open=left_open,
            start_of_messages=self._starts,
            end_of_messages=self._ends,
        )

    def _message(self, code: str, at: int) -> None:
        _, locate, _, high, low = _HEAD.unpack_from(self._data, at)
        time_ns = high << 32 | low
        if time_ns >= DAY_NS:
            raise self._error("time beyond the day", time_ns)
        if time_ns < self._last_ns:
            raise self._error("time decreases", time_ns)
        self._last_ns = time_ns
        self._messages += 1
        self._counts[code] += 1
        self._ends = False
        self._body = at + _HEAD.size
        if (handler := self._handlers.get(code)) is not None:
            handler(locate)

    def _system_event(self, _: int) -> None:
        event = self._data[self._body : self._body + 1]
        self._starts |= self._messages == 1 and event == b"O"
        self._ends = event == b"C"

    def _directory(self, locate: int) -> None:
        self._name_stock(locate, *_STOCK.unpack_from(self._data, self._body))

    def _action(self, locate: int) -> None:
        _, state, _, reason = _ACTION.unpack_from(self._data, self._body)
        self._halts.append((self._last_ns, locate, text_of(state), text_of(reason)))

    def _add(self, locate: int) -> None:
        ref, letter, lots, stock, price = _ADD.unpack_from(self._data, self._body)
        side = _SIDES.get(letter)
        if side is None:
            raise self._error("side must be B or S", letter)
        self._check_lots(lots)
        self._name_stock(locate, stock)
        participant = 0
        if self._data[self._body - _HEAD.size : self._body - _HEAD.size + 1] == b"F":
            start = self._body + _ADD.size
            attribution = text_of(self._data[start : start + 4])
            participant = self._participants.setdefault(attribution, len(self._participants) + 1)
        self._new(self._symbol(locate), ref, _Open(lots, side, price, participant))

    def _new(self, symbol: int, ref: int, order: _Open) -> None:
        self._command(Op.NEW, symbol, ref, order.lots, order.price, order.side, order.participant)
        self._orders.setdefault((symbol, ref), order)

    def _executed(self, locate: int) -> None:
        ref, lots, match = _EXECUTED.unpack_from(self._data, self._body)
        symbol = self._symbol(locate)
        order = self._reduce(Op.EXECUTE, symbol, ref, lots)
        price, side = (order.price, order.side) if order else (0, NO_SIDE)
        self._traded(match, ref, price, lots, symbol, TradeKind.VISIBLE, side)

    def _executed_with_price(self, locate: int) -> None:
        ref, lots, match, printable, price = _EXECUTED_WITH_PRICE.unpack_from(self._data, self._body)
        symbol = self._symbol(locate)
        order = self._reduce(Op.EXECUTE, symbol, ref, lots)
        side = order.side if order else NO_SIDE
        self._traded(match, ref, price, lots, symbol, TradeKind.VISIBLE, side, printable == b"Y")

    def _cancel(self, locate: int) -> None:
        ref, lots = _CANCEL.unpack_from(self._data, self._body)
        self._reduce(Op.CANCEL, self._symbol(locate), ref, lots)

    def _delete(self, locate: int) -> None:
        self._close(self._symbol(locate), *_REF.unpack_from(self._data, self._body))

    def _replace(self, locate: int) -> None:
        ref, new_ref, lots, price = _REPLACE.unpack_from(self._data, self._body)
        self._check_lots(lots)
        symbol = self._symbol(locate)
        if (old := self._close(symbol, ref)) is not None:
            self._new(symbol, new_ref, _Open(lots, old.side, price, old.participant))

    def _trade(self, locate: int) -> None:
        _, letter, lots, stock, price, match = _TRADE.unpack_from(self._data, self._body)
        self._name_stock(locate, stock)
        side = _SIDES.get(letter, NO_SIDE)
        self._traded(match, 0, price, lots, self._symbol(locate), TradeKind.HIDDEN, side)

    def _cross(self, locate: int) -> None:
        lots, stock, price, match = _CROSS.unpack_from(self._data, self._body)
        if lots >= 1 << 63:
            raise self._error("invalid number of shares", lots)
        self._name_stock(locate, stock)
        self._traded(match, 0, price, lots, self._symbol(locate), TradeKind.CROSS, NO_SIDE)

    def _broken_trade(self, _: int) -> None:
        self._broken += _REF.unpack_from(self._data, self._body)

    def _reduce(self, op: Op, symbol: int, ref: int, lots: int) -> _Open | None:
        """Take shares from an order; return it as it was, or None if it is not open."""
        if lots == 0:
            raise self._error("invalid number of shares", lots)
        self._command(op, symbol, ref, min(lots, MAX_QTY))
        order = self._orders.get((symbol, ref))
        if order is None:
            self._unknown += 1
        elif lots < order.lots:
            order.lots -= lots
        else:
            del self._orders[symbol, ref]
        return order

    def _close(self, symbol: int, ref: int) -> _Open | None:
        """Take an order away; None if it is not open."""
        self._command(Op.CANCEL, symbol, ref, 0)
        order = self._orders.pop((symbol, ref), None)
        self._unknown += order is None
        return order

    def _symbol(self, locate: int) -> int:
        """The index of a symbol; a new one is set to AUCTION."""
        symbol = self._symbols.get(locate)
        if symbol is None:
            symbol = self._symbols[locate] = len(self._symbols)
            self._command(Op.STATE, symbol, 0, 0, side=TradingState.AUCTION)
        return symbol

    def _name_stock(self, locate: int, stock: bytes) -> None:
        if not self._stocks.get(locate):
            self._stocks[locate] = text_of(stock)

    def _check_lots(self, lots: int) -> None:
        if not 1 <= lots <= MAX_QTY:
            raise self._error("invalid number of shares", lots)

    def _command(
        self,
        op: Op,
        symbol: int,
        ref: int,
        lots: int,
        price: int = NO_PRICE,
        side: int = 0,
        participant: int = 0,
    ) -> None:
        self._commands.append((op, side, 0, 0, symbol, 0, lots, participant, ref, price))
        self._places.append((self._last_ns, 0 if op == Op.STATE else self._number))

    def _traded(
        self, match: int, ref: int, price: int, lots: int, symbol: int, kind: TradeKind, side: int,
        printable: bool = True,
    ) -> None:  # fmt: skip
        row = (self._last_ns, match, ref, price, lots, symbol, kind, side, printable, 0)
        self._trades.append(row)

    def _part(self) -> ItchPart:
        places = np.array(self._places, dtype=np.int64).reshape(-1, 2)
        return ItchPart(
            np.array(self._commands, dtype=COMMAND),
            places[:, 0].copy(),
            places[:, 1].copy(),
            np.array(self._trades, dtype=TRADE),
        )

    def _error(self, reason: str, value: bytes | int) -> FeedError:
        shown = str(value) if isinstance(value, int) else value.decode("ascii", "backslashreplace")
        return FeedError(reason, file=self._name, line=self._number, column=None, value=shown)

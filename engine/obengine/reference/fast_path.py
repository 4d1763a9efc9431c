"""The fast path: plain orders in an OPEN book without special orders.

The same rules as in the other modules, without those that cannot apply: there are only displayed queues,
no icebergs and no stops. For speed, the event log is a parameter and enum members are plain integers.
"""

from __future__ import annotations

from heapq import heappop

from obengine.api.messages import EVENT_RECORD, EventKind, Priority
from obengine.reference.price_ladder import Ladder
from obengine.reference.symbol_book import SymbolBook

_TRADED, _MODIFIED = int(EventKind.TRADED), int(EventKind.MODIFIED)
_LOST, _KEPT = int(Priority.LOST), int(Priority.KEPT)
_pack = EVENT_RECORD.pack


def match_plain(
    book: SymbolBook, makers: Ladder, out: bytearray, side: int, taker: int, left: int, reach: int
) -> int:
    """Trade a taker against the levels within its reach; return the remaining lots.

    Args:
        book: the symbol's book; filled orders are removed from it.
        makers: the ladder opposite to the taker.
        out: the event log.
        side: the taker's side.
        taker: the taker's order id.
        left: lots to trade, above 0.
        reach: `sign * limit` by the makers' sign, or `NO_LIMIT`.
    """
    keys, levels, orders, symbol = makers.keys, makers.levels, book.orders, book.symbol
    while keys and keys[0] <= reach:
        price = keys[0] * makers.sign
        queue = levels[price]
        if queue:
            book.last_ticks = price
        while queue:
            maker, resting = next(iter(queue.items()))
            if resting > left:
                queue[maker] = resting - left
                out += _pack(_TRADED, side, symbol, left, taker, maker, price)
                return 0
            out += _pack(_TRADED, side, symbol, resting, taker, maker, price)
            del queue[maker], orders[maker]
            left -= resting
            if not left:
                return 0
        heappop(keys)
        del levels[price]
    return left


def modify_plain(book: SymbolBook, out: bytearray, qty: int, order_id: int, price: int) -> None:
    """Apply a MODIFY: fewer lots at the same price in place; otherwise the order arrives again."""
    queue, old_price, side, owner = book.orders[order_id]
    if price == old_price and qty <= queue[order_id]:
        queue[order_id] = qty
        out += _pack(_MODIFIED, _KEPT, book.symbol, qty, order_id, 0, price)
        return
    del queue[order_id], book.orders[order_id]
    out += _pack(_MODIFIED, _LOST, book.symbol, qty, order_id, 0, price)
    makers = book.opposite(side)
    left = match_plain(book, makers, out, side, order_id, qty, price * makers.sign)
    if left:
        queue = book.ladder(side).queue_at(price)
        queue[order_id] = left
        book.orders[order_id] = (queue, price, side, owner)


def execute_plain(book: SymbolBook, out: bytearray, qty: int, order_id: int) -> None:
    """Apply an EXECUTE of a resting order."""
    queue, price, side, _ = book.orders[order_id]
    open_lots = queue[order_id]
    if qty < open_lots:
        queue[order_id] = open_lots - qty
    else:
        qty = open_lots
        del queue[order_id], book.orders[order_id]
    out += _pack(_TRADED, 1 - side, book.symbol, qty, 0, order_id, price)
    book.last_ticks = price

"""The uncross of a call auction (section 6 of the specification)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import NamedTuple

from obengine.api.messages import (
    CROSS,
    MAX_PRICE,
    MAX_QTY,
    MIN_PRICE,
    NO_PRICE,
    NO_SIDE,
    BandMode,
    CancelReason,
    EventKind,
    Queue,
    Side,
)
from obengine.reference.symbol_book import SymbolBook


class _AuctionOrder(NamedTuple):
    """An order that takes part in the uncross; a market order has NO_PRICE."""

    order_id: int
    price: int
    lots: int


class AuctionCandidate(NamedTuple):
    """The result of an uncross at one price."""

    price: int
    volume: int
    surplus: int


def uncross(book: SymbolBook, reference: int, ending: int | None) -> int | None:
    """Trade all crossing orders at one price; then cancel the orders that waited for the auction.

    Args:
        book: the symbol's book.
        reference: the reference price, or NO_PRICE.
        ending: ON_OPEN or ON_CLOSE if such an auction ends; else None.

    Returns:
        The auction price; None if no orders crossed.
    """
    buys, sells = (_auction_orders(book, side, ending) for side in Side)
    best = _best_of(book, buys, sells, reference)
    if best is not None:
        best = _offset_imbalance(book, (buys, sells), best, ending)
        book.emit(EventKind.AUCTION_PRICE, 0, min(best.volume, MAX_QTY), 0, 0, best.price)
        _cross(book, buys, sells, best)
    if ending is not None:
        for order in book.waiting_for(ending):
            book.cancel_lots(order.order_id, order.open_lots, CancelReason.AUCTION)
    return None if best is None else best.price


def indicate(book: SymbolBook, reference: int) -> AuctionCandidate | None:
    """What `uncross` would give; None if the book is not crossed."""
    buys, sells = (_auction_orders(book, side, book.auction_tif) for side in Side)
    best = _best_of(book, buys, sells, reference)
    return None if best is None else _offset_imbalance(book, (buys, sells), best, book.auction_tif)


def publish_indication(book: SymbolBook, reference: int) -> None:
    """Emit what `uncross` would give; NO_PRICE as the reference is the last price."""
    if reference == NO_PRICE and book.last_ticks is not None:
        reference = book.last_ticks
    found = indicate(book, reference) or AuctionCandidate(NO_PRICE, 0, 0)
    side = NO_SIDE if not found.surplus else Side.BUY if found.surplus > 0 else Side.SELL
    volume = min(found.volume, MAX_QTY)
    book.emit(EventKind.INDICATION, side, volume, abs(found.surplus), 0, found.price)


def _best_of(
    book: SymbolBook, buys: list[_AuctionOrder], sells: list[_AuctionOrder], reference: int
) -> AuctionCandidate | None:
    band = book.band
    rejects = band is not None and band.mode == BandMode.REJECT
    worst = (band.lower, band.upper) if band is not None and rejects else (MIN_PRICE, MAX_PRICE)
    if reference != NO_PRICE:
        rounded = book.steps.floor(reference)
        reference = min(max(MIN_PRICE if rounded is None else rounded, worst[0]), worst[1])
    return choose_auction_price(
        [(buy.price, buy.lots) for buy in buys],
        [(sell.price, sell.lots) for sell in sells],
        reference,
        worst,
    )


def choose_auction_price(
    buys: list[tuple[int, int]],
    sells: list[tuple[int, int]],
    reference: int,
    worst: tuple[int, int] = (MIN_PRICE, MAX_PRICE),
) -> AuctionCandidate | None:
    """Select the auction price; None if no orders cross, or if there are only market orders and no reference.

    Args:
        buys: limit in ticks (NO_PRICE: a market order) and lots of each buy.
        sells: the same for each sell.
        reference: the reference price, a valid price within `worst`, or NO_PRICE.
        worst: the worst prices of a market order to sell, and to buy.
    """
    prices = {price for price, _ in (*buys, *sells)}
    if all(any(price == NO_PRICE for price, _ in side) for side in (buys, sells)):
        prices.add(reference)
    prices.discard(NO_PRICE)
    if not prices:
        return None
    buys = sorted((worst[1] if price == NO_PRICE else price, lots) for price, lots in buys)
    sells = sorted((worst[0] if price == NO_PRICE else price, lots) for price, lots in sells)
    buy_prices, sell_prices = ([price for price, _ in side] for side in (buys, sells))
    buy_lots, sell_lots = ([0, *accumulate(lots for _, lots in side)] for side in (buys, sells))

    def candidate_at(price: int) -> AuctionCandidate:
        demand = buy_lots[-1] - buy_lots[bisect_left(buy_prices, price)]
        supply = sell_lots[bisect_right(sell_prices, price)]
        return AuctionCandidate(price, min(demand, supply), demand - supply)

    candidates = [candidate_at(price) for price in sorted(prices)]
    most = max(candidate.volume for candidate in candidates)
    if not most:
        return None
    candidates = [candidate for candidate in candidates if candidate.volume == most]
    least = min(abs(candidate.surplus) for candidate in candidates)
    candidates = [candidate for candidate in candidates if abs(candidate.surplus) == least]
    if all(candidate.surplus > 0 for candidate in candidates):
        return candidates[-1]
    if all(candidate.surplus < 0 for candidate in candidates) or reference == NO_PRICE:
        return candidates[0]
    return candidate_at(min(max(reference, candidates[0].price), candidates[-1].price))


def _auction_orders(book: SymbolBook, side: int, ending: int | None) -> list[_AuctionOrder]:
    """The orders of a side that take part, in the order in which they trade."""
    orders = [
        _AuctionOrder(order_id, price, book.open_lots(order_id))
        for price, number, queue in book.resting(side)
        if number != Queue.CONDITIONAL
        for order_id in queue
    ]
    if ending is None:
        return orders
    orders += [
        _AuctionOrder(order.order_id, order.price_ticks, order.open_lots)
        for order in book.waiting_for(ending)
        if order.side == side and not order.is_imbalance_only
    ]
    sign = book.ladder(side).sign
    return sorted(orders, key=lambda order: (order.price != NO_PRICE, order.price * sign))


def _offset_imbalance(
    book: SymbolBook,
    sides: tuple[list[_AuctionOrder], list[_AuctionOrder]],
    best: AuctionCandidate,
    ending: int | None,
) -> AuctionCandidate:
    """Append the imbalance-only orders that trade to the side with fewer lots; return the result with them.

    All orders of that side that accept the auction price trade completely, so those that do not are dropped.
    """
    if ending is None or not best.surplus:
        return best
    side = Side.SELL if best.surplus > 0 else Side.BUY
    sign, left, traded = book.ladder(side).sign, best.volume, []
    for order in sides[side]:
        if left:
            traded.append(order)
            left -= order.lots
    offset = 0
    waiting = [order for order in book.waiting_for(ending) if order.is_imbalance_only and order.side == side]
    for offered in sorted(waiting, key=lambda order: order.price_ticks * sign):
        lots = min(offered.open_lots, abs(best.surplus) - offset)
        if lots and offered.price_ticks * sign <= best.price * sign:
            traded.append(_AuctionOrder(offered.order_id, offered.price_ticks, lots))
            offset += lots
    sides[side][:] = traded
    return AuctionCandidate(
        best.price, best.volume + offset, best.surplus + (offset if side == Side.BUY else -offset)
    )


def _cross(
    book: SymbolBook, buys: list[_AuctionOrder], sells: list[_AuctionOrder], best: AuctionCandidate
) -> None:
    """Emit trades of buys with sells up to the volume; fill the orders after all trades."""
    left, filled = best.volume, {}
    buy_at = sell_at = buy_done = sell_done = 0
    while left:
        buy, sell = buys[buy_at], sells[sell_at]
        lots = min(left, buy.lots - buy_done, sell.lots - sell_done)
        book.emit_trade(CROSS, lots, buy.order_id, sell.order_id, best.price)
        left, buy_done, sell_done = left - lots, buy_done + lots, sell_done + lots
        filled[Side.BUY, buy.order_id], filled[Side.SELL, sell.order_id] = buy_done, sell_done
        if buy_done == buy.lots:
            buy_at, buy_done = buy_at + 1, 0
        if sell_done == sell.lots:
            sell_at, sell_done = sell_at + 1, 0
    for (_, order_id), lots in sorted(filled.items(), key=lambda fill: fill[0][0]):
        book.fill(order_id, lots)

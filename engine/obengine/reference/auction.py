"""The uncross of a call auction: section 6 of the specification."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import NamedTuple

from obengine.api.messages import CROSS, MAX_QTY, NO_PRICE, EventKind, Queue, Side
from obengine.reference.symbol_book import SymbolBook


class _Interest(NamedTuple):
    """An order that takes part."""

    order_id: int
    price: int
    lots: int


class AuctionPrice(NamedTuple):
    """What an uncross would do at one price."""

    price: int
    volume: int
    surplus: int


def uncross(book: SymbolBook, reference: int) -> None:
    """Trade at one price everything that crosses, if anything does."""
    buys, sells = (_interest(book, side) for side in Side)
    if not buys or not sells or buys[0].price < sells[0].price:
        return
    best = auction_price(
        [(buy.price, buy.lots) for buy in buys], [(sell.price, sell.lots) for sell in sells], reference
    )
    book.tell(EventKind.AUCTION_PRICE, 0, min(best.volume, MAX_QTY), 0, 0, best.price)
    _cross(book, buys, sells, best)


def auction_price(buys: list[tuple[int, int]], sells: list[tuple[int, int]], reference: int) -> AuctionPrice:
    """The auction price of crossing orders.

    Args:
        buys: limit in ticks and lots of each buy, best first.
        sells: the same of the sells.
        reference: the reference price, or NO_PRICE.
    """
    buys = sorted(buys)
    buy_prices, sell_prices = ([price for price, _ in side] for side in (buys, sells))
    buy_lots, sell_lots = ([0, *accumulate(lots for _, lots in side)] for side in (buys, sells))

    def at(price: int) -> AuctionPrice:
        demand = buy_lots[-1] - buy_lots[bisect_left(buy_prices, price)]
        supply = sell_lots[bisect_right(sell_prices, price)]
        return AuctionPrice(price, min(demand, supply), demand - supply)

    offers = [at(price) for price in sorted({*buy_prices, *sell_prices})]
    most = max(offer.volume for offer in offers)
    offers = [offer for offer in offers if offer.volume == most]
    least = min(abs(offer.surplus) for offer in offers)
    offers = [offer for offer in offers if abs(offer.surplus) == least]
    if all(offer.surplus > 0 for offer in offers):
        return offers[-1]
    if all(offer.surplus < 0 for offer in offers) or reference == NO_PRICE:
        return offers[0]
    return min(offers, key=lambda offer: (abs(offer.price - reference), -offer.price))


def _interest(book: SymbolBook, side: int) -> list[_Interest]:
    return [
        _Interest(order_id, price, book.open_lots(order_id))
        for price, number, queue in book.resting(side)
        if number != Queue.CONDITIONAL
        for order_id in queue
    ]


def _cross(book: SymbolBook, buys: list[_Interest], sells: list[_Interest], best: AuctionPrice) -> None:
    """Pair buys and sells until the volume is used up; only then are they taken from the book."""
    left, filled = best.volume, {}
    buy_at = sell_at = buy_done = sell_done = 0
    while left:
        buy, sell = buys[buy_at], sells[sell_at]
        lots = min(left, buy.lots - buy_done, sell.lots - sell_done)
        book.tell_trade(CROSS, lots, buy.order_id, sell.order_id, best.price)
        left, buy_done, sell_done = left - lots, buy_done + lots, sell_done + lots
        filled[Side.BUY, buy.order_id], filled[Side.SELL, sell.order_id] = buy_done, sell_done
        if buy_done == buy.lots:
            buy_at, buy_done = buy_at + 1, 0
        if sell_done == sell.lots:
            sell_at, sell_done = sell_at + 1, 0
    for (_, order_id), lots in sorted(filled.items(), key=lambda fill: fill[0][0]):
        book.take(order_id, lots)

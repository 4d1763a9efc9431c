"""Matches an arriving order against resting orders (sections 4.3 to 4.5, 4.9 and 4.13 of the specification).

The refill of an iceberg is in `symbol_book`.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import replace

from obengine.api.messages import (
    CancelReason,
    EventKind,
    OrderFlag,
    OrderKind,
    RejectCode,
    SelfTrade,
    Side,
)
from obengine.reference.orders import Order
from obengine.reference.price_ladder import NO_LIMIT, Ladder, OrderQueue
from obengine.reference.pro_rata import allocate
from obengine.reference.symbol_book import SymbolBook


def match(book: SymbolBook, taker: Order) -> None:
    """Trade the taker as far as its limit and quantity allow; it keeps the remainder."""
    makers = book.opposite(taker.side)
    with closing(makers.prices_within(_reach(book, taker))) as prices:
        for price in prices:
            match_level = _match_displayed if book.pro_rata is None else _share_displayed
            match_level(book, taker, price, makers.levels[price])
            _match_hidden(book, taker, price, makers.hidden.get(price))
            _match_conditional(book, taker, price, makers.conditional.get(price))
            if not taker.open_lots:
                return


def can_fill(book: SymbolBook, taker: Order, wanted: int) -> bool:
    """Whether `match` would trade at least the wanted lots, at most those of the taker (section 4.4)."""
    found = 0
    with closing(_in_matching_order(book, taker)) as makers:
        for maker, lots, is_conditional in makers:
            if is_conditional and lots > taker.open_lots - found:
                continue
            if not _is_own_order(book, taker, maker):
                found += lots
            elif taker.self_trade != SelfTrade.OLDEST:
                return False
            if found >= wanted:
                return True
    return False


def _in_matching_order(book: SymbolBook, taker: Order) -> Generator[tuple[int, int, bool], None, None]:
    """Maker, lots and whether it is conditional, in matching order; icebergs occur twice."""
    makers = book.opposite(taker.side)
    with closing(makers.prices_within(_reach(book, taker))) as prices:
        for price in prices:
            displayed = makers.levels[price]
            if book.pro_rata is not None:
                own = (maker for maker in displayed if _is_own_order(book, taker, maker))
                yield from ((maker, displayed[maker], False) for maker in own)
            yield from ((maker, lots, False) for maker, lots in displayed.items())
            reserves = (
                (maker, book.special_orders[maker].reserve_lots)
                for maker in displayed
                if maker in book.special_orders
            )
            yield from ((maker, lots, False) for maker, lots in reserves if lots)
            yield from ((maker, lots, False) for maker, lots in makers.hidden.get(price, {}).items())
            yield from ((maker, lots, True) for maker, lots in makers.conditional.get(price, {}).items())


def first_fillable(book: SymbolBook) -> int | None:
    """The first AON order, in snapshot order, that `match` would fill completely (section 4.9)."""
    for side in Side:
        ladder, makers = book.ladder(side), book.opposite(side)
        prices = [price for price, queue in ladder.conditional.items() if queue]
        for price in sorted(prices, key=ladder.sign.__mul__):
            with closing(makers.prices_within(-ladder.sign * price)) as within:
                if next(within, None) is None:
                    break
            for order_id, lots in ladder.conditional[price].items():
                if can_fill(book, replace(book.special_orders[order_id], open_lots=lots), lots):
                    return order_id
    return None


def best_firm_price(ladder: Ladder) -> int | None:
    """The best price of the displayed and hidden orders."""
    with closing(ladder.prices_within(NO_LIMIT)) as prices:
        return next((price for price in prices if ladder.levels[price] or ladder.hidden.get(price)), None)


def reprice_post_only(book: SymbolBook, side: int, flags: int, price: int) -> tuple[int, int]:
    """The RejectCode (0 for none) and the price of a post-only order that arrives at `price`."""
    best = best_firm_price(book.opposite(side))
    if best is None or (price < best if side == Side.BUY else price > best):
        return 0, price
    if not flags & OrderFlag.SLIDE:
        return RejectCode.WOULD_TAKE, price
    slid = book.steps.floor(best - 1) if side == Side.BUY else book.steps.ceil(best + 1)
    return (RejectCode.BAD_PRICE, price) if slid is None else (0, slid)


def convert_market_to_limit(book: SymbolBook, order: Order) -> None:
    """Make a market-to-limit order a LIMIT at the best opposite price, if there is one that it accepts."""
    best = best_firm_price(book.opposite(order.side))
    if best is None or best * book.opposite(order.side).sign > _reach(book, order):
        return
    order.kind, order.price_ticks = OrderKind.LIMIT, best
    order.flags &= ~OrderFlag.TO_LIMIT


def _reach(book: SymbolBook, taker: Order) -> int:
    """The worst price at which an order may trade, times the sign of the opposite ladder."""
    reach = NO_LIMIT if taker.reach is None else taker.reach
    if book.band is None:
        return reach
    return min(reach, book.band.worst(taker.side) * book.opposite(taker.side).sign)


def _match_displayed(book: SymbolBook, taker: Order, price: int, queue: OrderQueue) -> None:
    refilled_first: int | None = None
    whole = False
    while queue and taker.open_lots:
        maker = next(iter(queue))
        if _is_own_order(book, taker, maker):
            _prevent_self_trade(book, taker, maker)
            continue
        whole = whole or maker == refilled_first
        refilled = _trade(book, taker, maker, book.open_lots(maker) if whole else queue[maker], price)
        if refilled and refilled_first is None:
            refilled_first = maker


def _share_displayed(book: SymbolBook, taker: Order, price: int, queue: OrderQueue) -> None:
    """Trade pro rata with the shown lots, then once more with icebergs that were refilled (section 4.13)."""
    for maker in list(queue):
        if taker.open_lots and _is_own_order(book, taker, maker):
            _prevent_self_trade(book, taker, maker)
    for whole in (False, True):
        if book.pro_rata is None or not queue or not taker.open_lots:
            return
        sizes = {maker: book.open_lots(maker) if whole else shown for maker, shown in queue.items()}
        shares = allocate(book.pro_rata, taker.open_lots, sizes, book.top[1 - taker.side])
        for maker, lots in shares.items():
            if lots:
                _trade(book, taker, maker, lots, price)


def _match_hidden(book: SymbolBook, taker: Order, price: int, queue: OrderQueue | None) -> None:
    while queue and taker.open_lots:
        maker, lots = next(iter(queue.items()))
        if _is_own_order(book, taker, maker):
            _prevent_self_trade(book, taker, maker)
        else:
            _trade(book, taker, maker, lots, price)


def _match_conditional(book: SymbolBook, taker: Order, price: int, queue: OrderQueue | None) -> None:
    for maker, lots in list((queue or {}).items()):
        if lots > taker.open_lots:
            continue
        if _is_own_order(book, taker, maker):
            _prevent_self_trade(book, taker, maker)
        else:
            _trade(book, taker, maker, lots, price)


def _trade(book: SymbolBook, taker: Order, maker: int, lots: int, price: int) -> bool:
    """Trade at most `lots`; return whether the maker was refilled."""
    traded = min(taker.open_lots, lots)
    taker.open_lots -= traded
    taker.filled_lots += traded
    return book.trade(taker.side, traded, taker.order_id, maker, price)


def _is_own_order(book: SymbolBook, taker: Order, maker: int) -> bool:
    """Whether self-trade prevention applies to taker and maker."""
    return bool(taker.self_trade and taker.participant) and book.orders[maker][3] == taker.participant


def _prevent_self_trade(book: SymbolBook, taker: Order, maker: int) -> None:
    """Apply the taker's self-trade prevention mode in place of a trade."""
    mode, theirs, mine = taker.self_trade, book.open_lots(maker), taker.open_lots
    if mode == SelfTrade.DECREMENT:
        theirs = mine = min(theirs, mine)
    if mode != SelfTrade.NEWEST:
        book.cancel_lots(maker, theirs, CancelReason.SELF_TRADE)
    if mode != SelfTrade.OLDEST:
        taker.open_lots -= mine
        reason = CancelReason.SELF_TRADE
        book.emit(EventKind.CANCELLED, reason, mine, taker.order_id, 0, taker.price_ticks)

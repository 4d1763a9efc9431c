"""The auction price by trying every price: the naive model's part for uncrosses."""

from __future__ import annotations

from obengine.api.messages import NO_PRICE

Limits = list[tuple[int, int]]
"""(limit, lots) of each order; NO_PRICE accepts any price."""


def clearing(buys: Limits, sells: Limits, reference: int, ends: tuple[int, int]) -> tuple[int, int] | None:
    """Auction price and volume; None if nothing would trade or there is no price.

    `ends` are the highest price of a market order to buy and the lowest of one to sell.
    """
    highest, lowest = min(ends[0], 2**63 - 1), max(ends[1], NO_PRICE + 1)
    if reference != NO_PRICE:
        reference = min(max(reference, lowest), highest)
    tried = {limit for limit, _ in buys + sells} - {NO_PRICE}
    if all(any(limit == NO_PRICE for limit, _ in side) for side in (buys, sells)):
        tried |= {reference} - {NO_PRICE}
    table = []
    for price in tried:
        demand = sum(lots for limit, lots in buys if (highest if limit == NO_PRICE else limit) >= price)
        supply = sum(lots for limit, lots in sells if (lowest if limit == NO_PRICE else limit) <= price)
        table.append((min(demand, supply), demand - supply, price))
    volume = max((volume for volume, _, _ in table), default=0)
    if not volume:
        return None
    table = [row for row in table if row[0] == volume]
    surplus = min(abs(surplus) for _, surplus, _ in table)
    table = [row for row in table if abs(row[1]) == surplus]
    prices = sorted(price for _, _, price in table)
    signs = {(surplus > 0) - (surplus < 0) for _, surplus, _ in table}
    if signs == {1}:
        return prices[-1], volume
    if signs == {-1} or reference == NO_PRICE:
        return prices[0], volume
    if prices[0] <= reference <= prices[-1]:
        return reference, volume
    return min(prices, key=lambda price: abs(price - reference)), volume

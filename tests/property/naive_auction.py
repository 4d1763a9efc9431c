"""The auction price by trying every price: the naive model's part for uncrosses."""

from __future__ import annotations

from obengine.api.messages import NO_PRICE


def clearing(buys: list[tuple[int, int]], sells: list[tuple[int, int]], reference: int) -> tuple[int, int]:
    """Auction price and volume of orders given as (limit, lots)."""
    table = []
    for price in {limit for limit, _ in buys + sells}:
        demand = sum(lots for limit, lots in buys if limit >= price)
        supply = sum(lots for limit, lots in sells if limit <= price)
        table.append((min(demand, supply), demand - supply, price))
    volume = max(volume for volume, _, _ in table)
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

# %% [markdown]
"""A market maker beside a recorded day, cell by cell: run it as a script, or open it as a notebook.

    python docs/tutorials/market_maker.py [LOBSTER-FILE] [FOLDER-FOR-PICTURES]

Without a file a day is made. It needs `pip install obrelease` (NumPy, pandas and matplotlib come with it).
"""

# %% Read a day. Levels and trades are dicts of columns: pandas takes them as they are.
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib as mpl
import pandas as pd

import obengine as ob

mpl.use("agg")
import matplotlib.pyplot as plt

given, folder = (*sys.argv[1:], None, None)[:2]
pictures = Path(folder or ".")
with TemporaryDirectory() as made:
    path = Path(given) if given else ob.write_lobster_sample(Path(made), rows=6_000)
    day = ob.read_lobster(path)
levels = pd.DataFrame(ob.resample(day.levels(5), 10**9))
bars = pd.DataFrame(ob.trade_bars(day.trades(), 300 * 10**9))
print(f"{day.label.title}: {day.row_end.size:,} rows, {int(bars['lots'].sum()):,} shares traded")


# %% A strategy overrides what it needs. This one joins both sides of the touch, within an inventory.
class Maker(ob.Strategy):
    """Quotes 100 shares at the best bid and the best ask; at most 300 shares long or short."""

    def __init__(self) -> None:
        self.quotes: dict[ob.Side, tuple[int, int]] = {}

    def on_touch(self, market: ob.Market, symbol: int) -> None:
        """Move a quote when its side of the touch moves."""
        touch, held = market.touch(symbol), market.position(symbol)
        self.quote(market, ob.Side.BUY, touch.bid_ticks if held <= 200 else ob.NO_PRICE)
        self.quote(market, ob.Side.SELL, touch.ask_ticks if held >= -200 else ob.NO_PRICE)

    def quote(self, market: ob.Market, side: ob.Side, price: int) -> None:
        """Replace the quote of a side unless it is there at this price."""
        order_id, quoted = self.quotes.get(side, (0, ob.NO_PRICE))
        open_ids = {order.order_id for order in market.orders()}
        if order_id in open_ids and quoted == price:
            return
        if order_id in open_ids:
            market.cancel(order_id)
        if price != ob.NO_PRICE:
            self.quotes[side] = (market.submit(side, 100, price, post_only=True), price)


# %% Simulate: 200 us until it sees the market, 300 us until its orders arrive, a rebate of $0.0020 a share.
latency = ob.Latency(feed_ns=200_000, order_ns=300_000, report_ns=200_000)
fees = ob.Fees(maker_per_lot=-20, taker_per_lot=30)
results = {
    queue: ob.Simulation(day, Maker(), queue=queue, latency=latency, fees=fees, seed=7).run()
    for queue in ("exact", "last", "probability")
}
result = results["exact"]
table = pd.DataFrame(
    {
        queue: {
            "orders": each.counts["orders"],
            "fills": each.counts["fills"],
            "shares": each.counts["filled-lots"],
            "profit, $": each.pnl(10**10)["pnl"][-1] / 10_000,
        }
        for queue, each in results.items()
    }
).T
print(table.to_string(float_format="{:,.2f}".format))

# %% What latency costs: the same strategy without it.
fast = ob.Simulation(day, Maker(), fees=fees, seed=7).run()
print(f"fills without latency: {fast.counts['fills']:,}, with: {result.counts['fills']:,}")

# %% The queue position of the order that waited longest before it was filled.
fills = pd.DataFrame(result.fills)
queue = pd.DataFrame(result.queue_positions)
waited = queue[queue["order_id"].isin(fills["order_id"])].groupby("order_id").size()
longest = queue[queue["order_id"] == waited.idxmax()]

# %% Pictures: the touch with the fills, the queue, position and profit.
minute, first_ns = 60 * 10**9, result.first_ns
figure, (prices, places, position, profit) = plt.subplots(4, 1, figsize=(8, 10), layout="constrained")
seen = levels[(levels["bid_lots_1"] > 0) & (levels["ask_lots_1"] > 0)]
prices.plot(
    (seen["time_ns"] - first_ns) / minute,
    seen["bid_ticks_1"] / 10_000,
    label="bid",
    linewidth=0.8,
    drawstyle="steps-post",
)
prices.plot(
    (seen["time_ns"] - first_ns) / minute,
    seen["ask_ticks_1"] / 10_000,
    label="ask",
    linewidth=0.8,
    drawstyle="steps-post",
)
for side, mark in ((ob.Side.BUY, "^"), (ob.Side.SELL, "v")):
    own = fills[fills["side"] == side]
    prices.plot(
        (own["time_ns"] - first_ns) / minute,
        own["price_ticks"] / 10_000,
        mark,
        label=f"own {side.name.lower()}",
    )
prices.set_ylabel("price, $")
prices.legend(ncols=4, fontsize="small")
places.step((longest["time_ns"] - longest["time_ns"].iloc[0]) / 10**9, longest["ahead_lots"], where="post")
places.set_ylabel("shares ahead")
places.set_xlabel(f"seconds after order {longest['order_id'].iloc[0]} arrived")
marked = pd.DataFrame(result.pnl(max(10**9, (result.last_ns - first_ns) // 1_000)))
position.step((marked["time_ns"] - first_ns) / minute, marked["position_lots"], where="post")
position.set_ylabel("position, shares")
profit.plot((marked["time_ns"] - first_ns) / minute, marked["pnl"] / 10_000)
profit.set_ylabel("profit, $")
profit.set_xlabel("minutes after the open")
with mpl.rc_context({"svg.hashsalt": "market-maker"}):
    figure.savefig(pictures / "market-maker.svg", metadata={"Date": None})
print(f"picture: market-maker.svg, digest of the simulation: {result.digest[:16]}")

"""The trades of an ITCH 5.0 file: executions of visible and hidden orders, and crosses.

`itch50_decoder` has the trade of each message type. A broken-trade message (B) names a match.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from obengine.cores import REFERENCE
from obengine.feeds.itch50 import ItchReader
from obengine.feeds.itch50_stream import WHOLE_FILE, ItchSelection
from obengine.feeds.trades import TRADE, Trades


@dataclass(frozen=True, slots=True)
class ItchTrades:
    """The trades of a file, in its order, and the stock of each symbol index."""

    symbols: tuple[str, ...]
    trades: Trades


def read_itch50_trades(
    path: str | Path, *, core: str = REFERENCE, selection: ItchSelection = WHOLE_FILE
) -> ItchTrades:
    """Read the trades of an ITCH 5.0 file, plain or gzip, from a disk or a pipe.

    Args:
        path: the file; `-` is the standard input.
        core: the decoder, `reference` or `native`; both give the same result.
        selection: the symbols and the time of day that are kept.

    Raises:
        FeedError: as `read_itch50`.
    """
    reader = ItchReader(Path(path), core=core, selection=selection)
    trades = np.concatenate([np.zeros(0, TRADE), *(part.trades for part in reader)])
    facts = reader.facts()
    trades["broken"] = np.isin(trades["match"], facts.broken) & (trades["match"] != 0)
    return ItchTrades(facts.symbols, trades)

"""A deterministic price-time-priority order book, market data feeds, seeded flow and replays.

Commands go in and events come out as NumPy structured arrays with a documented byte layout
(:mod:`obengine.api.messages`). NumPy is the only dependency.

Every public name is available from here, and its module is imported on first use, so `import obengine`
alone is fast and does not load NumPy:

* book: `make_book`, `OrderBook`, `core_names`, `native_build`, `native_unavailable_reason`
* commands: `new_order`, `cancel`, `modify`, `execute`, `mass_cancel`, `set_state`, `set_clock`,
  `set_steps`, `set_steps_from`, `set_band`, `set_matching`
* records: `COMMAND`, `EVENT`, their codes (`Op`, `Side`, `EventKind`, ...), `records_digest`, `Snapshot`
* feeds: `read_lobster`, `read_lobster_days`, `read_itch50`, `read_itch50_trades`, `read_tape`, `write_tape`
* `read_databento` (needs `databento-dbn`)
* level feeds: `read_level_csv`, `read_trades_csv`, `LevelBook`; frames: `resample`, `trade_bars`
* flow and replay: `generate`, `generate_market`, `run_replay`
* strategies beside recorded data: `Simulation`, `SimulationResult`, `Strategy`, `Market`, `Latency`, `Fees`,
  `Recording`, `record_commands`, `record_source`
* audit: `audit_events`, `check_snapshot`, `nonzero_faults`
* errors: `EngineError` and its subclasses
"""

from __future__ import annotations

from importlib import import_module

# The types of these names are in __init__.pyi.
_MODULES = {
    "obengine.api.errors": (
        "BatchError CoreUnavailable DigestMismatch EngineError FeedError LimitsError "
        "SnapshotError StrategyFailed SymbolError TapeError WorkloadError"
    ),
    "obengine.api.messages": (
        "ALL_SYMBOLS BOTH_SIDES BandMode COMMAND CROSS END_OF_DAY EVENT MAX_QTY MAX_SYMBOLS NO_PRICE "
        "NO_SIDE CancelReason Commands EventKind Events Matching Op OrderFlag OrderKind Priority Queue "
        "RejectCode Rule SelfTrade Side StateFlag TimeInForce TradingState records_digest"
    ),
    "obengine.api.order_book": "Event LevelChange OpenOrder OrderBook",
    "obengine.api.orders": (
        "bust_trade cancel execute indicate keep_trades mass_cancel modify new_order set_band set_clock "
        "set_matching set_state set_steps set_steps_from"
    ),
    "obengine.api.protocol": "Book Indication Level",
    "obengine.api.snapshot": "Snapshot",
    "obengine.api.trades": "standing_trades",
    "obengine.audit.invariants": "audit_events check_snapshot nonzero_faults",
    "obengine.cores": "NativeBuild core_names make_book native_build native_unavailable_reason",
    "obengine.feeds.databento": "DatabentoDay read_databento",
    "obengine.feeds.itch50": "ItchDay read_itch50",
    "obengine.feeds.itch50_sample": "write_itch50_sample",
    "obengine.feeds.itch50_stream": "ItchSelection",
    "obengine.feeds.itch50_trades": "ItchTrades read_itch50_trades",
    "obengine.feeds.level_book": "LevelBook LevelSize",
    "obengine.feeds.level_csv": "LEVEL_UPDATE LevelFeed LevelUpdates read_level_csv",
    "obengine.feeds.level_frames": "resample trade_bars",
    "obengine.feeds.lobster": "LobsterDay read_lobster read_lobster_days",
    "obengine.feeds.lobster_sample": "write_lobster_sample",
    "obengine.feeds.tape": "read_tape write_tape",
    "obengine.feeds.trades": "TRADE TradeKind Trades",
    "obengine.feeds.trades_csv": "read_trades_csv",
    "obengine.flow.baseline": "STEADY Flow FlowProfile generate",
    "obengine.flow.market": "REGIMES MarketProfile generate_market",
    "obengine.harness.outcome": "CheckResult RunOutcome",
    "obengine.harness.replay": "run_replay",
    "obengine.harness.replay_simulation": "StrategyPlan",
    "obengine.simulation.fees": "Fees",
    "obengine.simulation.latency": "Latency",
    "obengine.simulation.orders": "Fill Order OrderEvent OrderEventKind Reason",
    "obengine.simulation.queue_models": "QueueModel",
    "obengine.simulation.recording": "Recording record_commands",
    "obengine.simulation.result": "SimulationResult",
    "obengine.simulation.simulation": "Simulation",
    "obengine.simulation.sources": "record_source",
    "obengine.simulation.strategy": "Market Strategy Touch Trade",
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names.split()}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> object:
    """Import the module of a public name on first use (PEP 562)."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULE_OF[name]), name)
    return value


def __dir__() -> list[str]:
    return __all__

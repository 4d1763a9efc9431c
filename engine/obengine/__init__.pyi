# ruff: noqa: I001 - one import per module, although every name has an alias (which re-exports it)
"""The types of the public names, for type checkers; `__init__.py` imports them lazily."""

from obengine.api.errors import (
    BatchError as BatchError,
    CoreUnavailable as CoreUnavailable,
    DigestMismatch as DigestMismatch,
    EngineError as EngineError,
    FeedError as FeedError,
    LimitsError as LimitsError,
    SnapshotError as SnapshotError,
    StrategyFailed as StrategyFailed,
    SymbolError as SymbolError,
    TapeError as TapeError,
    WorkloadError as WorkloadError,
)
from obengine.api.messages import (
    ALL_SYMBOLS as ALL_SYMBOLS,
    BOTH_SIDES as BOTH_SIDES,
    COMMAND as COMMAND,
    CROSS as CROSS,
    END_OF_DAY as END_OF_DAY,
    EVENT as EVENT,
    MAX_QTY as MAX_QTY,
    MAX_SYMBOLS as MAX_SYMBOLS,
    NO_PRICE as NO_PRICE,
    NO_SIDE as NO_SIDE,
    BandMode as BandMode,
    CancelReason as CancelReason,
    Commands as Commands,
    EventKind as EventKind,
    Events as Events,
    Matching as Matching,
    Op as Op,
    OrderFlag as OrderFlag,
    OrderKind as OrderKind,
    Priority as Priority,
    Queue as Queue,
    RejectCode as RejectCode,
    Rule as Rule,
    SelfTrade as SelfTrade,
    Side as Side,
    StateFlag as StateFlag,
    TimeInForce as TimeInForce,
    TradingState as TradingState,
    records_digest as records_digest,
)
from obengine.api.order_book import (
    Event as Event,
    LevelChange as LevelChange,
    OpenOrder as OpenOrder,
    OrderBook as OrderBook,
)
from obengine.api.orders import (
    bust_trade as bust_trade,
    cancel as cancel,
    execute as execute,
    indicate as indicate,
    keep_trades as keep_trades,
    mass_cancel as mass_cancel,
    modify as modify,
    new_order as new_order,
    set_band as set_band,
    set_clock as set_clock,
    set_matching as set_matching,
    set_state as set_state,
    set_steps as set_steps,
    set_steps_from as set_steps_from,
)
from obengine.api.protocol import Book as Book, Indication as Indication, Level as Level
from obengine.api.snapshot import Snapshot as Snapshot
from obengine.api.trades import standing_trades as standing_trades
from obengine.audit.invariants import (
    audit_events as audit_events,
    check_snapshot as check_snapshot,
    nonzero_faults as nonzero_faults,
)
from obengine.cores import (
    NativeBuild as NativeBuild,
    core_names as core_names,
    make_book as make_book,
    native_build as native_build,
    native_unavailable_reason as native_unavailable_reason,
)
from obengine.feeds.databento import DatabentoDay as DatabentoDay, read_databento as read_databento
from obengine.feeds.itch50 import ItchDay as ItchDay, read_itch50 as read_itch50
from obengine.feeds.itch50_sample import write_itch50_sample as write_itch50_sample
from obengine.feeds.itch50_stream import ItchSelection as ItchSelection
from obengine.feeds.itch50_trades import (
    ItchTrades as ItchTrades,
    read_itch50_trades as read_itch50_trades,
)
from obengine.feeds.level_book import LevelBook as LevelBook, LevelSize as LevelSize
from obengine.feeds.level_csv import (
    LEVEL_UPDATE as LEVEL_UPDATE,
    LevelFeed as LevelFeed,
    LevelUpdates as LevelUpdates,
    read_level_csv as read_level_csv,
)
from obengine.feeds.level_frames import resample as resample, trade_bars as trade_bars
from obengine.feeds.lobster import (
    LobsterDay as LobsterDay,
    read_lobster as read_lobster,
    read_lobster_days as read_lobster_days,
)
from obengine.feeds.lobster_sample import write_lobster_sample as write_lobster_sample
from obengine.feeds.tape import read_tape as read_tape, write_tape as write_tape
from obengine.feeds.trades import TRADE as TRADE, TradeKind as TradeKind, Trades as Trades
from obengine.feeds.trades_csv import read_trades_csv as read_trades_csv
from obengine.flow.baseline import (
    STEADY as STEADY,
    Flow as Flow,
    FlowProfile as FlowProfile,
    generate as generate,
)
from obengine.flow.market import (
    REGIMES as REGIMES,
    MarketProfile as MarketProfile,
    generate_market as generate_market,
)
from obengine.harness.outcome import CheckResult as CheckResult, RunOutcome as RunOutcome
from obengine.harness.replay import run_replay as run_replay
from obengine.harness.replay_simulation import StrategyPlan as StrategyPlan
from obengine.simulation.fees import Fees as Fees
from obengine.simulation.latency import Latency as Latency
from obengine.simulation.orders import (
    Fill as Fill,
    Order as Order,
    OrderEvent as OrderEvent,
    OrderEventKind as OrderEventKind,
    Reason as Reason,
)
from obengine.simulation.queue_models import QueueModel as QueueModel
from obengine.simulation.recording import Recording as Recording, record_commands as record_commands
from obengine.simulation.result import SimulationResult as SimulationResult
from obengine.simulation.simulation import Simulation as Simulation
from obengine.simulation.sources import record_source as record_source
from obengine.simulation.strategy import (
    Market as Market,
    Strategy as Strategy,
    Touch as Touch,
    Trade as Trade,
)

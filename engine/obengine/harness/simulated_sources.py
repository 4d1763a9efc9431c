"""Reads recorded data for a simulation alone: the days, their trades, and the limits of the strategy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from obengine.api.errors import WorkloadError
from obengine.cores import core_names
from obengine.feeds.databento import DatabentoDay, is_databento, read_databento
from obengine.feeds.itch50 import ItchDay, read_itch50
from obengine.feeds.itch50_blocks import is_itch50
from obengine.feeds.level_csv import LevelFeed, is_level_csv, read_level_csv
from obengine.feeds.lobster import LobsterDay, read_lobster_days, read_pair
from obengine.feeds.lobster_sample import lobster_sample_pair
from obengine.feeds.tape import is_tape
from obengine.feeds.trades import Trades
from obengine.harness.selection import Selection
from obengine.risk.limits_file import RiskLimits, read_limits


@dataclass(frozen=True, slots=True)
class SimulatedSource:
    """Recorded data as `simulate` takes them."""

    days: tuple[LobsterDay, ...] | ItchDay | DatabentoDay | LevelFeed
    trades: Trades | None
    limits: RiskLimits | None


def read_source(path: Path | None, selection: Selection, risk: Path | None = None) -> SimulatedSource:
    """Read what `run_replay` reads; None is the built-in sample.

    Raises:
        FeedError, LimitsError, WorkloadError: as `run_replay`.
    """
    core = core_names()[0]
    if path is None:
        return _of_lobster((read_pair(lobster_sample_pair(), core=core),), risk)
    if path.is_file() and is_tape(path):
        raise WorkloadError("a tape has no times; a strategy needs a market data file")
    if path.is_file() and is_databento(path):
        databento = read_databento(path, selection.of_databento())
        limits = read_limits(risk, symbols=databento.symbols, participants=()) if risk else None
        return SimulatedSource(databento, None, limits)
    if path.is_file() and is_level_csv(path):
        selection.require_whole("a level feed")
        feed = read_level_csv(path)
        limits = read_limits(risk, symbols=feed.symbols, participants=()) if risk else None
        return SimulatedSource(feed, None, limits)
    if path.is_file() and is_itch50(path):
        day = read_itch50(path, core=core, selection=selection.of_itch())
        limits = read_limits(risk, symbols=day.symbols, participants=day.attributions) if risk else None
        return SimulatedSource(day, day.trades, limits)
    lobster = selection.of_lobster()
    return _of_lobster(read_lobster_days(path, days=lobster.days, symbols=lobster.symbols, core=core), risk)


def _of_lobster(days: tuple[LobsterDay, ...], risk: Path | None) -> SimulatedSource:
    symbols = [day.label.symbol for day in days]
    limits = read_limits(risk, symbols=symbols, participants=days[0].participants) if risk else None
    return SimulatedSource(days, None, limits)

"""The pictures of a replayed day, drawn from a repeat of the replay: a run keeps no time series."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import records_digest
from obengine.cores import make_book
from obengine.harness.depth_map import depth_map, price_parts
from obengine.harness.replay_lobster import ReplayedDay, day_series
from obengine.harness.time_of_day import time_of_day_ns
from obengine.harness.touch import one_event_each, touches_after
from obengine.harness.units import LOBSTER_UNITS
from obrelease.analysis.kinds.timed_passes.depth_map_plot import depth_heat_map
from obrelease.analysis.kinds.timed_passes.depth_plot import depth_over_day
from obrelease.analysis.kinds.timed_passes.kind import run_title
from obrelease.analysis.kinds.timed_passes.plots import touch_over_day
from obrelease.errors import NotFound, NotReproduced, UsageError
from obrelease.models.artefact import Artefact
from obrelease.recorder.engine_adapter import engine_errors, resolve_core
from obrelease.recorder.regenerate import regenerate
from obrelease.recorder.timed_passes import plot_units

Int64s = NDArray[np.int64]

_TIMES: Final = 400
_PRICES: Final = 200
_MARGIN: Final = 0.15
"""Prices beyond the touch that are shown, as a share of the range of the touch."""

_SPREADS: Final = 4
"""The same in median spreads, for a window in which the touch hardly moves."""


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a day as text, `HH:MM` or finer; None for its begin or its end."""

    begin: str | None = None
    end: str | None = None

    def __bool__(self) -> bool:
        return self.begin is not None or self.end is not None

    def __str__(self) -> str:
        return f"{self.begin or 'begin'} to {self.end or 'end'}"

    def bounds_ns(self) -> tuple[int | None, int | None]:
        """Nanoseconds since midnight.

        Raises:
            UsageError: not a time of day, or the end is not after the begin.
        """
        with engine_errors():
            begin, end = time_of_day_ns(self.begin), time_of_day_ns(self.end)
        if begin is not None and end is not None and end <= begin:
            raise UsageError(f"{self.end} is not after {self.begin}", hint="name the earlier time first")
        return begin, end


def day_pictures(artefact: Artefact, trace: Path | None, window: Window) -> dict[str, bytes]:
    """The touch, the depth and the heat map of the book, by file name.

    The replay is repeated, and must give the recorded events.

    Args:
        trace: the data file of the replay; None for the engine's sample.
        window: the part of the day that is drawn.

    Raises:
        UsageError: the run replayed no single LOBSTER day, or the window is malformed.
        NotFound: there is no message in the window, or no such file.
        NotReproduced, IntegrityError, InvalidInput: as `regenerate`, and for other events.
    """
    begin, end = window.bounds_ns()
    if artefact.kind != "replay":
        raise UsageError(
            f"a run of kind {artefact.kind} has no time of day",
            hint="--from, --to and --trace are for the replay of a LOBSTER day",
        )
    if artefact.workload is None or artefact.workload.name != "lobster":
        name = "nothing" if artefact.workload is None else artefact.workload.name
        raise UsageError(
            f"the run replayed {name}, and the pictures of a day are drawn for LOBSTER files alone",
            hint="without --trace, --from and --to the pictures of the recorded numbers are drawn",
        )
    replayed = _replayed(artefact, trace)
    day = replayed.day
    shown = np.flatnonzero(
        (day.times_ns >= (begin or 0)) & (day.times_ns <= (end if end is not None else day.times_ns[-1]))
    )
    if shown.size < 2:
        raise NotFound(f"no messages from {window}", hint=f"the day is {_span(day.times_ns)}")
    series = {
        name: values[shown]
        for name, values in day_series(
            replayed, touches_after(replayed.commands, replayed.events, day.row_end)
        ).items()
    }
    title = _title(artefact, window)
    both = (series["bid_lots"] > 0) & (series["ask_lots"] > 0)
    units = plot_units(LOBSTER_UNITS)
    found = {
        "depth.svg": depth_over_day(
            series["time_ns"], series["bid_depth_lots"], series["ask_depth_lots"], title=title, units=units
        )
    }
    if both.any():
        touch = tuple(series[name][both] for name in ("time_ns", "bid_ticks", "ask_ticks"))
        found["touch.svg"] = touch_over_day(*touch, title=title, units=units)
        found["depth-map.svg"] = _heat_map(replayed, shown, series, both, title)
    return found


def _replayed(artefact: Artefact, trace: Path | None) -> ReplayedDay:
    workload = regenerate(artefact, trace)
    if workload.day is None:
        raise UsageError(
            "the run replayed no single LOBSTER day",
            hint="the pictures of a day are drawn for one stock on one day",
        )
    core = resolve_core("auto")
    with engine_errors():
        events = make_book(core, 1).apply(workload.commands)
    outcome = artefact.outcome
    if (
        outcome is None
        or records_digest(events) != outcome.events_digest
        or not one_event_each(workload.commands, events)
    ):
        raise NotReproduced(
            f"the {core} core gives other events than those of the run",
            hint="`obrelease reproduce RUN` finds the first difference",
        )
    return ReplayedDay(workload.day, 0, workload.commands, events)


def _heat_map(
    replayed: ReplayedDay, shown: Int64s, series: dict[str, Int64s], both: NDArray[np.bool_], title: str
) -> bytes:
    times = series["time_ns"]
    edges_ns = np.linspace(times[0], times[-1], min(_TIMES, shown.size) + 1).astype(np.int64)
    at = np.maximum(np.searchsorted(times, edges_ns[1:], side="right") - 1, 0)
    bids, asks = series["bid_ticks"][both], series["ask_ticks"][both]
    low, high = int(bids.min()), int(asks.max())
    margin = max(int(_MARGIN * (high - low)), _SPREADS * int(np.median(asks - bids)), 1)
    prices = replayed.events["price_ticks"].astype(np.int64)
    parts = price_parts(max(low - margin, 0), high + margin, prices[prices > 0], _PRICES)
    found = depth_map(replayed.commands, replayed.events, replayed.day.row_end, shown[at], parts)
    touch = tuple(
        np.where(series[f"{side}_lots"][at] > 0, series[f"{side}_ticks"][at], 0) for side in ("bid", "ask")
    )
    held = np.flatnonzero((found.bid_lots + found.ask_lots).any(axis=0))
    kept = slice(int(held[0]), int(held[-1]) + 1)
    return depth_heat_map(
        edges_ns,
        parts[kept.start : kept.stop + 1],
        found.bid_lots[:, kept],
        found.ask_lots[:, kept],
        (touch[0], touch[1]),
        title=title,
        units=plot_units(LOBSTER_UNITS),
    )


def _title(artefact: Artefact, window: Window) -> str:
    if window:
        return f"{artefact.kind} {artefact.scenario}, {window}"
    messages = artefact.workload.messages if artefact.workload else 0
    core = artefact.parameters.get("core")
    return run_title(artefact.kind, artefact.scenario, core=core, seed=None, messages=messages)


def _span(times_ns: Int64s) -> str:
    first, last = (int(times_ns[at]) // 10**9 for at in (0, -1))
    return " to ".join(f"{each // 3600:02}:{each % 3600 // 60:02}:{each % 60:02}" for each in (first, last))

"""Regenerates the commands of an artefact's workload: from its seed, or from the recorded data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obengine import cores
from obengine.api.messages import Commands, records_digest
from obengine.feeds.databento import is_databento, read_databento
from obengine.feeds.itch50 import read_itch50
from obengine.feeds.itch50_blocks import is_itch50
from obengine.feeds.itch50_stream import ItchSelection
from obengine.feeds.level_commands import level_commands
from obengine.feeds.level_csv import is_level_csv, read_level_csv
from obengine.feeds.lobster import LobsterDay, read_lobster_days, read_pair
from obengine.feeds.lobster_sample import lobster_sample_pair
from obengine.feeds.tape import is_tape, read_tape, tape_digest
from obengine.flow.baseline import STEADY, generate
from obengine.harness.architectures.comparison import ARCHITECTURES_VERSION, SYMBOLS, spread
from obengine.harness.replay import DATABENTO_VERSION, TAPE_WORKLOAD_VERSION
from obengine.harness.replay_itch import ITCH_VERSION
from obengine.harness.replay_levels import LEVELS_VERSION
from obengine.harness.replay_lobster import LOBSTER_VERSION, commands_of
from obengine.harness.scenario import SCENARIOS, check_numbers
from obengine.harness.stress import STRESS_VERSION
from obengine.harness.time_of_day import time_of_day_ns
from obrelease.analysis.kinds.run_commands import DAYS, REPLAYED_SYMBOLS, replayed_times, selected
from obrelease.errors import IntegrityError, NotFound, NotReproduced, UsageError
from obrelease.models.artefact import Artefact, Workload
from obrelease.recorder.engine_adapter import engine_errors

_STRESS: Final = "stress-"


@dataclass(frozen=True, slots=True)
class Regenerated:
    """A regenerated workload: its commands, the number of symbols, and the version that this engine has.

    `source_sha256` is of the file that was read, None for seeded flow; `day` is the one LOBSTER day.
    """

    commands: Commands
    symbols: int
    version: int
    source_sha256: str | None = None
    day: LobsterDay | None = None


def regenerate(artefact: Artefact, trace: Path | None) -> Regenerated:
    """Regenerate the commands of an artefact's workload and check that they are the same.

    Args:
        trace: the recorded data, if the workload was read from a file; None tries the engine's sample.

    Raises:
        UsageError: the artefact has no workload, it needs a file, or it takes none.
        NotFound: this engine does not know the workload, or knows another version of it.
        IntegrityError: the file is not the one that was replayed.
        InvalidInput: the file is malformed.
        NotReproduced: the same workload gave other commands.
    """
    workload = artefact.workload
    if workload is None or artefact.outcome is None:
        raise UsageError(
            f"a run of kind {artefact.kind} without workload and events cannot be run again",
            hint="bench, replay, stress and architectures runs can",
        )
    with engine_errors():
        regenerated = _seeded(workload) if workload.source is None else _recorded(artefact, workload, trace)
    if workload.source is None and trace is not None:
        raise UsageError(f"{workload.name} is seeded flow and reads no file", hint="leave --trace out")
    _require_source(workload, regenerated.source_sha256, trace)
    _require_version(workload, regenerated.version)
    digest = records_digest(regenerated.commands)
    if digest != workload.commands_digest:
        raise NotReproduced(
            f"workload {workload.name} version {workload.version} gave {regenerated.commands.size} commands "
            f"with digest {digest}, the run had {workload.messages} with {workload.commands_digest}",
            hint="the generator or the reader changed without a new version; the cores are not the cause",
        )
    return regenerated


def _seeded(workload: Workload) -> Regenerated:
    if workload.seed is None:
        raise UsageError(f"workload {workload.name} has neither seed nor source, so it cannot be regenerated")
    seed, messages = int(workload.seed), workload.messages
    check_numbers(seed=seed, passes=1, messages=messages)
    if workload.name in SCENARIOS:
        plan = SCENARIOS[workload.name]
        _require_version(workload, plan.version)
        return Regenerated(plan.commands(seed, messages)[0], 1, plan.version)
    if workload.name.startswith(_STRESS):
        _require_version(workload, STRESS_VERSION)
        return Regenerated(generate(STEADY, seed, messages).commands, 1, STRESS_VERSION)
    if workload.name == "architectures":
        _require_version(workload, ARCHITECTURES_VERSION)
        return Regenerated(spread(generate(STEADY, seed, messages).commands), SYMBOLS, ARCHITECTURES_VERSION)
    raise NotFound(
        f"this engine has no workload {workload.name!r}",
        hint=f"it has {', '.join(SCENARIOS)}; install the version that made the run",
    )


def _recorded(artefact: Artefact, workload: Workload, trace: Path | None) -> Regenerated:
    if trace is not None:
        if not trace.exists():
            raise NotFound(f"{trace}: no such file or folder")
        if is_tape(trace):
            return _tape(trace)
        days, symbols = (selected(artefact, name) for name in (DAYS, REPLAYED_SYMBOLS))
        if is_databento(trace):
            return _databento(trace, symbols)
        if trace.is_file() and is_level_csv(trace):
            return _levels(trace)
        if trace.is_file() and is_itch50(trace):
            return _itch50(trace, ItchSelection(symbols, *map(time_of_day_ns, replayed_times(artefact))))
        return _lobster(trace, days, symbols)
    regenerated = _from_lobster_days((read_pair(lobster_sample_pair()),))
    if workload.source is not None and regenerated.source_sha256 != workload.source.sha256:
        raise UsageError(
            f"the run replayed {workload.source.name} "
            f"({workload.source.size:,} bytes, sha256 {workload.source.sha256})",
            hint="give that file by --trace FILE",
        )
    return regenerated


def _tape(path: Path) -> Regenerated:
    commands = read_tape(path)
    return Regenerated(commands, 1, TAPE_WORKLOAD_VERSION, tape_digest(commands))


def _databento(path: Path, symbols: Sequence[str]) -> Regenerated:
    day = read_databento(path, symbols)
    return Regenerated(day.commands, len(day.symbols), DATABENTO_VERSION, day.source.sha256)


def _levels(path: Path) -> Regenerated:
    made = level_commands(read_level_csv(path))
    return Regenerated(made.commands, len(made.feed.symbols), LEVELS_VERSION, made.feed.source.sha256)


def _itch50(path: Path, selection: ItchSelection) -> Regenerated:
    day = read_itch50(path, core=cores.core_names()[0], selection=selection)
    return Regenerated(day.commands, len(day.symbols), ITCH_VERSION, day.source.sha256)


def _lobster(path: Path, days: Sequence[str], symbols: Sequence[str]) -> Regenerated:
    return _from_lobster_days(read_lobster_days(path, days=days, symbols=symbols, core=cores.core_names()[0]))


def _from_lobster_days(days: tuple[LobsterDay, ...]) -> Regenerated:
    only = days[0] if len(days) == 1 else None
    return Regenerated(commands_of(days), len(days), LOBSTER_VERSION, days[0].sources[0].sha256, only)


def _require_version(workload: Workload, version: int) -> None:
    """Refuse before anything is generated if this engine has another version of the workload."""
    if workload.version != version:
        older = "the older obrelease that made the run"
        raise NotFound(
            f"workload {workload.name} has version {workload.version} in the run, {version} in this engine",
            hint=f"install {'a newer obrelease' if workload.version > version else older}",
        )


def _require_source(workload: Workload, sha256: str | None, trace: Path | None) -> None:
    """Refuse another data file before its version is checked, which would blame the engine."""
    if sha256 is None or workload.source is None or sha256 == workload.source.sha256:
        return
    raise IntegrityError(
        f"{trace or 'the sample of this engine'}: is not the file that was replayed: it has sha256 {sha256}, "
        f"the run read {workload.source.name} with {workload.source.sha256}",
        hint="give the file that was replayed by --trace FILE",
    )

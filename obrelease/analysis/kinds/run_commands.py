"""The command lines that measure runs again: composed for a new run, and derived from a recorded one.

A command in an envelope is text that anybody can write. So the command of a run of this program is derived
from its parameters, and the recorded one is only compared with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from obrelease.models.artefact import Artefact

Command = tuple[str, ...]

LIMITS_FILE: Final = "risk-limits.toml"
"""The limits of a replay as they were read; its command names this file of the run's folder."""

FRESH_PROCESSES: Final = "fresh-processes"
"""The parameter of runs that time each pass in a process of its own."""

DAYS: Final = "days"
REPLAYED_SYMBOLS: Final = "symbols"
"""The parameters of a replay of some days or symbols of a file, with commas."""
FROM: Final = "from"
TO: Final = "to"
"""The parameters of a replay of a part of a day."""

STRATEGY: Final = "strategy"
STRATEGY_RESULT: Final = "strategy-result"
QUEUE: Final = "queue"
LATENCY: Final = "latency"
FEES: Final = "fees"
SIMULATION_SEED: Final = "simulation-seed"
"""The parameters of a replay with a strategy."""

_STRATEGY: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}:[A-Za-z0-9_]{1,100}")
_PAIRS: Final = re.compile(r"[a-z_]{1,20}=-?[0-9.]{1,20}(,[a-z_]{1,20}=-?[0-9.]{1,20}){0,7}")
_TIME: Final = re.compile(r"[0-9:.]{1,18}")
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._,-]{0,4095}")


def bench_command(
    *, scenario: str, seed: object, core: str, passes: object, messages: object | None, fresh_processes: bool
) -> Command:
    """`obrelease run bench`; `messages` is None for the scenario's own length."""
    return (
        *("obrelease", "run", "bench", "--scenario", scenario, "--seed", str(seed)),
        *("--core", core, "--passes", str(passes)),
        *(() if messages is None else ("--messages", str(messages))),
        *(("--fresh-processes",) if fresh_processes else ()),
    )


def profile_command(
    *, scenario: str, seed: object, core: str, profiler: str, messages: object | None
) -> Command:
    """`obrelease run profile`; `messages` is None for the scenario's own length."""
    return (
        *("obrelease", "run", "profile", "--scenario", scenario, "--seed", str(seed)),
        *("--core", core, "--profiler", profiler),
        *(() if messages is None else ("--messages", str(messages))),
    )


def replay_command(
    *,
    file: str | None,
    core: str,
    passes: object,
    risk: bool,
    days: Sequence[str] = (),
    symbols: Sequence[str] = (),
    times: tuple[str | None, str | None] = (None, None),
    simulation: Command = (),
) -> Command:
    """`obrelease run replay`; `file` is the base name of the data, None for the engine's own sample."""
    argument = [] if file is None else [f"./{file}" if file.startswith("-") else file]
    return (
        *("obrelease", "run", "replay", *argument, "--core", core, "--passes", str(passes)),
        *(part for day in days for part in ("--day", day)),
        *(part for symbol in symbols for part in ("--symbol", symbol)),
        *(part for name, time in zip((FROM, TO), times, strict=True) if time for part in (f"--{name}", time)),
        *(("--risk", LIMITS_FILE) if risk else ()),
        *simulation,
    )


def simulation_options(parameters: Mapping[str, object]) -> Command:
    """The options of a replay with a strategy, from its parameters; none without one."""
    strategy, queue = (parameters.get(name) for name in (STRATEGY, QUEUE))
    if not isinstance(strategy, str) or not _STRATEGY.fullmatch(strategy):
        return ()
    pairs = [(name, parameters.get(name)) for name in (LATENCY, FEES)]
    return (
        *("--strategy", strategy, "--queue", _word(queue) or "exact"),
        *(
            part
            for name, value in pairs
            if isinstance(value, str) and _PAIRS.fullmatch(value)
            for part in (f"--{name}", value)
        ),
        *("--seed", _word(parameters.get(SIMULATION_SEED)) or "1"),
    )


def stress_command(
    *, arrivals: str, scales: Sequence[object], seed: object, core: str, passes: object, rate: object,
    sweep: bool,
) -> Command:  # fmt: skip
    """`obrelease run stress`; `rate` is what is offered, in messages per second."""
    return (
        *("obrelease", "run", "stress", "--arrivals", arrivals),
        *(part for scale in scales for part in ("--scale", str(scale))),
        *("--seed", str(seed), "--core", core, "--passes", str(passes), "--rate", str(rate)),
        *(("--sweep",) if sweep else ()),
    )


def architectures_command(*, seeds: str, passes: object, messages: object) -> Command:
    """`obrelease run architectures`; `seeds` are numbers with commas."""
    return (
        *("obrelease", "run", "architectures", "--seeds", seeds),
        *("--passes", str(passes), "--messages", str(messages)),
    )


def bench_commands(artefact: Artefact) -> tuple[Command, ...]:
    """The commands of a bench: with its number of messages, or without if that is the scenario's own."""
    found = artefact.parameters
    seed, lengths = _seed(artefact), _messages(artefact)
    core, passes = _word(found.get("core")), _word(found.get("passes"))
    if core is None or passes is None or seed is None:
        return ()
    fresh = found.get(FRESH_PROCESSES) is True
    return tuple(
        bench_command(
            scenario=artefact.scenario,
            seed=seed,
            core=core,
            passes=passes,
            messages=messages,
            fresh_processes=fresh,
        )
        for messages in lengths
    )


def profile_commands(artefact: Artefact) -> tuple[Command, ...]:
    """The commands of a profile, as for `bench_commands`."""
    core, profiler = (_word(artefact.parameters.get(name)) for name in ("core", "profiler"))
    seed = _seed(artefact)
    if core is None or profiler is None or seed is None:
        return ()
    return tuple(
        profile_command(
            scenario=artefact.scenario, seed=seed, core=core, profiler=profiler, messages=messages
        )
        for messages in _messages(artefact)
    )


def replay_commands(artefact: Artefact) -> tuple[Command, ...]:
    """The commands of a replay: of the data file, of the engine's sample, or of an archive or folder."""
    core, passes = (_word(artefact.parameters.get(name)) for name in ("core", "passes"))
    source = artefact.workload.source if artefact.workload else None
    if core is None or passes is None or source is None:
        return ()
    risk = any(file.path == LIMITS_FILE for file in artefact.files)
    days, symbols = (selected(artefact, name) for name in (DAYS, REPLAYED_SYMBOLS))
    times = replayed_times(artefact)
    return tuple(
        replay_command(
            file=file,
            core=core,
            passes=passes,
            risk=risk,
            days=days,
            symbols=symbols,
            times=times,
            simulation=simulation_options(artefact.parameters),
        )
        for file in (source.name, None, *_recorded_base_name(artefact))
        if file is None or file.isprintable()
    )


def selected(artefact: Artefact, name: str) -> tuple[str, ...]:
    """The `DAYS` or `REPLAYED_SYMBOLS` that a replay chose from its file; empty for all."""
    word = _word(artefact.parameters.get(name))
    return tuple(word.split(",")) if word else ()


def replayed_times(artefact: Artefact) -> tuple[str | None, str | None]:
    """The first and the last time of day that a replay chose from its file; None for no limit."""
    first, last = (artefact.parameters.get(name) for name in (FROM, TO))
    return tuple(time if isinstance(time, str) and _TIME.fullmatch(time) else None for time in (first, last))  # type: ignore[return-value]


def stress_commands(artefact: Artefact) -> tuple[Command, ...]:
    """The one command of a stress run."""
    found, seed = artefact.parameters, _seed(artefact)
    names = ("arrivals", "scales", "core", "passes", "offered-msg-s")
    arrivals, scales, core, passes, rate = (_word(found.get(name)) for name in names)
    if arrivals is None or scales is None or core is None or passes is None or rate is None or seed is None:
        return ()
    return (
        stress_command(
            arrivals=arrivals,
            scales=scales.split(","),
            seed=seed,
            core=core,
            passes=passes,
            rate=rate,
            sweep=found.get("sweep") is True,
        ),
    )


def architectures_commands(artefact: Artefact) -> tuple[Command, ...]:
    """The one command of a run of architectures, whose scenario is `x` and the number of messages."""
    seeds, passes = (_word(artefact.parameters.get(name)) for name in ("seeds", "passes"))
    messages = artefact.scenario.removeprefix("x")
    if seeds is None or passes is None or not messages.isdecimal():
        return ()
    return (architectures_command(seeds=seeds, passes=passes, messages=messages),)


def _word(value: object) -> str | None:
    """A parameter as a plain argument; None if it is missing or could be anything but a value."""
    if isinstance(value, bool) or value is None:
        return None
    return str(value) if _WORD.fullmatch(str(value)) else None


def _seed(artefact: Artefact) -> str | None:
    return artefact.workload.seed if artefact.workload else None


def _messages(artefact: Artefact) -> tuple[int | None, ...]:
    """The length as an argument, and as none: the own lengths of scenarios are not known here."""
    return (artefact.workload.messages, None) if artefact.workload else ()


def _recorded_base_name(artefact: Artefact) -> tuple[str, ...]:
    """The file that the recorded command names, if it is a base name: the artefact does not keep it."""
    for argument in artefact.command[3:4]:
        name = argument.removeprefix("./") if argument.startswith("./-") else argument
        if "/" not in name and (name != argument or not name.startswith("-")):
            return (name,)
    return ()

"""The engine's cores and scenarios by name, and its errors as errors of this program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from obengine import cores
from obengine.api.errors import (
    CoreUnavailable,
    DigestMismatch,
    EngineError,
    FeedError,
    LimitsError,
    NotInFeed,
    StrategyFailed,
    TapeError,
    WorkloadError,
)
from obengine.harness import bench
from obengine.harness.scenario import SCENARIOS, Scenario
from obrelease.errors import CheckFailed, InvalidInput, NotFound, NotReproduced, UsageError
from obrelease.models.close_names import hint_with_suggestion
from obrelease.storage.system_errors import out_of_memory

AUTO: Final = "auto"


@contextmanager
def engine_errors() -> Iterator[None]:
    """Turn the engine's errors into errors of this program, each with a hint."""
    try:
        yield
    except StrategyFailed as error:
        raise CheckFailed(f"the strategy {error}", hint="fix the strategy; nothing was recorded") from error
    except WorkloadError as error:
        raise UsageError(str(error), hint="the same command with --help describes the options") from error
    except FeedError as error:
        raise InvalidInput(str(error), hint=_feed_hint(error)) from error
    except LimitsError as error:
        raise InvalidInput(
            str(error), hint="fix the limits file; `pydoc obengine.risk.limits_file` shows a valid one"
        ) from error
    except TapeError as error:
        raise InvalidInput(str(error), hint="record the tape again; nothing was recorded") from error
    except CoreUnavailable as error:
        raise NotFound(
            str(error), hint="--core reference is always available; --core auto selects the fastest"
        ) from error
    except DigestMismatch as error:
        raise NotReproduced(str(error), hint="the core is not deterministic; no number was kept") from error
    except MemoryError as error:
        raise out_of_memory(error) from error
    except EngineError as error:
        raise CheckFailed(f"the engine stopped: {error}") from error


def _feed_hint(error: FeedError) -> str:
    if isinstance(error, NotInFeed):
        return "choose what the file has, spelled as there; nothing was recorded"
    return "fix the file or fetch it again; nothing was recorded"


def scenario_names() -> tuple[str, ...]:
    """The scenarios that `record_bench` knows, smallest first."""
    return tuple(SCENARIOS)


def scenarios() -> tuple[Scenario, ...]:
    """The scenarios, in the same order."""
    return tuple(SCENARIOS.values())


def core_names() -> tuple[str, ...]:
    """The cores that this installation can run, fastest first."""
    return cores.core_names()


def bench_work(scenario: str, *, passes: int, messages: int | None = None) -> int:
    """How many messages a bench will report to its `progress` in all.

    Raises:
        UsageError: there is no such scenario.
    """
    require_scenario(scenario)
    with engine_errors():
        return bench.bench_work(scenario, passes=passes, messages=messages)


def require_scenario(name: str) -> None:
    """Check that a scenario exists.

    Raises:
        UsageError: it does not; the hint lists those that do.
    """
    if name not in SCENARIOS:
        hint = hint_with_suggestion(name, SCENARIOS, f"scenarios: {', '.join(SCENARIOS)}")
        raise UsageError(f"no scenario {name!r}", hint=hint)


def resolve_core(name: str) -> str:
    """The core to run: itself, or the fastest that is installed for `auto`.

    Raises:
        UsageError: no core has this name.
    """
    if name == AUTO:
        return cores.core_names()[0]
    known = (cores.REFERENCE, cores.NATIVE)
    if name not in known:
        names = (*known, AUTO)
        hint = hint_with_suggestion(name, names, f"cores: {', '.join(names)}")
        raise UsageError(f"no core {name!r}", hint=hint)
    return name


def native_unavailable_reason() -> str | None:
    """Why the native core cannot run here, in one sentence with the way out; None where it can."""
    return cores.native_unavailable_reason()

"""From a sweep file to its cells: every combination, as often as it is repeated, in the chosen order."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

from obrelease.analysis.statistics.random_stream import RandomStream
from obrelease.errors import InvalidInput
from obrelease.measurement.sweeps.cells import BenchWork, Cell, CommandWork, make_cell
from obrelease.measurement.sweeps.sweep_file import BenchGrid, CommandGrid, CommandText, SweepFile
from obrelease.models.artefact import Scalar

MAX_CELLS: Final = 20_000
"""The most cells of one sweep."""

BENCH: Final = "bench"
"""The subject of runs of the engine."""

_PLACE: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class ResolvedNames:
    """What names of the file stand for at the time of planning.

    Attributes:
        cores: the core that each name of a core selects.
        commits: the full id of each commit.
    """

    cores: Mapping[str, str]
    commits: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Combination:
    subject: str
    point: dict[str, Scalar]
    work: BenchWork | CommandWork


def expand(file: SweepFile, names: ResolvedNames) -> tuple[Cell, ...]:
    """The cells of a sweep in the order of measurement.

    Raises:
        InvalidInput: two combinations are the same measurement, or there are too many.
    """
    count = file.repeats * (_bench_count(file.bench) + sum(map(_command_count, file.command.values())))
    if count > MAX_CELLS:
        raise InvalidInput(
            f"the sweep has {count:,} cells; at most {MAX_CELLS:,} are planned",
            hint="use fewer values or repeats, or several sweeps",
        )
    combinations = [*_bench(file.bench, names)]
    for name, grid in file.command.items():
        combinations += _commands(name, grid, names)
    cells = tuple(
        make_cell(each.subject, dict(each.point), each.work, repeat)
        for repeat in range(1, file.repeats + 1)
        for each in _ordered(combinations, repeat, file)
    )
    if len({cell.key for cell in cells}) != len(cells):
        raise InvalidInput(
            "two combinations are the same measurement", hint="a list of values names one of them twice"
        )
    return cells


def _bench_count(grid: BenchGrid | None) -> int:
    if grid is None:
        return 0
    return len(grid.scenarios) * len(grid.cores) * len(grid.seeds) * max(1, len(grid.messages))


def _command_count(grid: CommandGrid) -> int:
    count = max(1, len(grid.commits))
    for values in grid.parameters.values():
        count *= len(values)
    return count


def _bench(grid: BenchGrid | None, names: ResolvedNames) -> Iterator[_Combination]:
    if grid is None:
        return
    for scenario, core, messages, seed in product(
        grid.scenarios, grid.cores, grid.messages or (None,), grid.seeds
    ):
        chosen = names.cores[core]
        point: dict[str, Scalar] = {"scenario": scenario, "core": chosen, "seed": seed}
        if messages is not None:
            point["messages"] = messages
        work = BenchWork(
            scenario=scenario, core=chosen, seed=str(seed), passes=grid.passes, messages=messages
        )
        yield _Combination(BENCH, point, work)


def _commands(name: str, grid: CommandGrid, names: ResolvedNames) -> Iterator[_Combination]:
    keys = tuple(grid.parameters)
    for commit, values in product(grid.commits or (None,), product(*grid.parameters.values())):
        point: dict[str, Scalar] = dict(zip(keys, values, strict=True))
        work = CommandWork(
            name=name,
            run=_filled(grid.run, point),
            build=None if grid.build is None else _filled(grid.build, point),
            format=grid.format,
            files=grid.files,
            environment={key: _filled_word(text, point) for key, text in grid.environment.items()},
            executions=grid.executions,
            commit=None if commit is None else names.commits[commit],
        )
        yield _Combination(name, point if commit is None else {"commit": commit, **point}, work)


def _filled(line: CommandText, point: Mapping[str, Scalar]) -> CommandText:
    """A command with the values of its parameters; a value in a line for a shell is quoted for it."""
    if isinstance(line, str):
        return _PLACE.sub(lambda found: _value(found, point, quoted=True), line)
    return tuple(_filled_word(word, point) for word in line)


def _filled_word(text: str, point: Mapping[str, Scalar]) -> str:
    return _PLACE.sub(lambda found: _value(found, point, quoted=False), text)


def _value(found: re.Match[str], point: Mapping[str, Scalar], *, quoted: bool) -> str:
    """The value of a place; what is no parameter, such as `{output}`, stays."""
    if found[1] not in point:
        return found[0]
    text = value_text(point[found[1]])
    return shlex.quote(text) if quoted else text


def value_text(value: Scalar) -> str:
    """A value as commands, labels and pages have it: `true`, `10`, `0.5`, `text`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _ordered(combinations: list[_Combination], repeat: int, file: SweepFile) -> list[_Combination]:
    """The combinations of one repeat, so that a drift of the machine hits all of them alike."""
    if file.order == "random":
        draws = RandomStream(file.seed, f"sweep/{repeat}").bits(len(combinations)).tolist()
        return [combinations[at] for at in sorted(range(len(combinations)), key=draws.__getitem__)]
    return combinations[::-1] if file.order == "abba" and repeat % 2 == 0 else combinations

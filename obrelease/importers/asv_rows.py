"""The benchmarks of a results file of airspeed velocity: one metric for each combination of parameters.

Format: `Results.load` and `Results.save` in asv/results.py of github.com/airspeed-velocity/asv. Null stands
for a benchmark that failed, NaN for one that was skipped.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from obrelease.importers.json_reader import Node, as_number, is_not_finite
from obrelease.importers.measured_units import BYTES, COUNT, SECONDS, MeasuredUnit, measured_unit
from obrelease.importers.metric_rows import MetricRows
from obrelease.models.artefact import Scalar

_VERSION_2: Final = 2
_MAX_COMBINATIONS: Final = 200_000
_PREFIXES: Final = {"time_": SECONDS, "timeraw_": SECONDS, "mem_": BYTES, "peakmem_": BYTES}
_STATISTICS: Final = {
    "ci_99_a": "ci_99_low", "ci_99_b": "ci_99_high", "q_25": "q_25", "q_75": "q_75", "min": "minimum",
    "max": "maximum", "mean": "mean", "std": "stddev",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class AsvBenchmark:
    """One benchmark: results, statistics and samples of each combination of its parameters.

    Attributes:
        unit: of the results; None if neither the name nor a description says it.
        started_at: milliseconds since 1970.
    """

    name: str
    unit: MeasuredUnit
    is_time: bool
    results: Sequence[Any]
    parameters: Sequence[Mapping[str, Scalar]]
    statistics: Sequence[Mapping[str, Any]]
    samples: Sequence[Any]
    started_at: float | None

    @classmethod
    def read(cls, name: str, row: Node, columns: Sequence[str] | None, description: Node) -> Self:
        """Read a row of the results; raises `InvalidInput` if it is not of its version's form."""
        fields = _fields(row, columns)
        results = fields.get("result")
        scalar = not isinstance(results, list)
        params = _parameter_lists(row, fields.get("params"))
        combinations = _combinations(params, description)
        values = [results] * len(combinations) if scalar else list(results)  # type: ignore[arg-type]
        if not scalar and len(values) != len(combinations):
            raise row.error(f"has {len(values)} results for {len(combinations)} combinations of parameters")
        unit = _unit(name, description)
        return cls(
            name,
            unit,
            unit.unit == "ns",
            values,
            combinations,
            _statistics(fields, len(values)),
            _list_of(fields.get("samples"), len(values)),
            as_number(fields.get("started_at")),
        )


def result_columns(results: Node) -> tuple[str, ...] | None:
    """The names of the columns in version 2; None for version 1.

    Raises:
        InvalidInput: the version is newer than 2.
    """
    version = results.optional_number("version")
    if version is not None and version > _VERSION_2:
        raise results.member("version").error(f"is newer than {_VERSION_2}, the newest that is known")
    columns = results.optional("result_columns")
    return tuple(column.text() for column in columns.items()) if columns is not None else None


def add_benchmark(rows: MetricRows, benchmark: AsvBenchmark) -> None:
    """Add a metric for each combination of parameters that has a result."""
    for index, result in enumerate(benchmark.results):
        parameters = benchmark.parameters[index]
        value = as_number(result)
        samples = _numbers(benchmark.samples[index])
        if value is None:
            reason = "was skipped" if is_not_finite(result) else "failed"
            shown = ", ".join(f"{key}={text}" for key, text in parameters.items())
            rows.leave_out(f"{benchmark.name}({shown})" if shown else benchmark.name, reason)
        elif samples:
            rows.add_samples(benchmark.name, benchmark.unit, samples, parameters=parameters)
        else:
            statistics = benchmark.statistics[index]
            repeat = as_number(statistics.get("repeat"))
            rows.add_summary(
                benchmark.name,
                benchmark.unit,
                value,
                "median" if benchmark.is_time else "value",
                count=int(repeat) if repeat is not None else None,
                figures={
                    _STATISTICS[key]: as_number(statistics.get(key))
                    for key in _STATISTICS
                    if key in statistics
                },
                parameters=parameters,
            )


def _fields(row: Node, columns: Sequence[str] | None) -> dict[str, Any]:
    if columns is not None:
        return dict(zip(columns, (item.value for item in row.items()), strict=False))
    return dict(row.value) if isinstance(row.value, dict) else {"result": row.value}


def _parameter_lists(row: Node, params: Any) -> list[list[Scalar]]:
    if not isinstance(params, list):
        return []
    lists = [[str(value) for value in each] for each in params if isinstance(each, list)]
    if len(lists) != len(params) or math.prod(len(each) for each in lists) > _MAX_COMBINATIONS:
        raise row.error("has parameters that are no lists, or too many combinations of them")
    return lists  # type: ignore[return-value]


def _combinations(params: list[list[Scalar]], description: Node) -> list[dict[str, Scalar]]:
    names = [
        node.value for node in _items(description.optional("param_names")) if isinstance(node.value, str)
    ]
    if len(names) != len(params) or len(set(names)) != len(names):
        names = [f"param{index}" for index in range(1, len(params) + 1)]
    return [dict(zip(names, values, strict=True)) for values in itertools.product(*params)]


def _items(node: Node | None) -> Iterator[Node]:
    if node is not None and isinstance(node.value, list):
        yield from node.items()


def _unit(name: str, description: Node) -> MeasuredUnit:
    if text := description.optional_text("unit"):
        unit = measured_unit(text)
        is_track = description.optional_text("type") == "track"
        return COUNT if text == "unit" else unit.directed(None) if is_track and unit.unit == "1/s" else unit
    function = name.rpartition(".")[2]
    return next((unit for prefix, unit in _PREFIXES.items() if function.startswith(prefix)), COUNT)


def _statistics(fields: Mapping[str, Any], count: int) -> list[Mapping[str, Any]]:
    """The statistics of each combination: a list of objects in version 1, columns in version 2."""
    found: list[dict[str, Any]] = [{} for _ in range(count)]
    for index, each in enumerate(_list_of(fields.get("stats"), count)):
        if isinstance(each, dict):
            found[index].update({key: value for key, value in each.items() if key != "ci_99"})
            interval = each.get("ci_99")
            if isinstance(interval, list) and len(interval) == 2:
                found[index]["ci_99_a"], found[index]["ci_99_b"] = interval
    for key, column in fields.items():
        if key.startswith("stats_"):
            for index, value in enumerate(_list_of(column, count)):
                if value is not None:
                    found[index][key.removeprefix("stats_")] = value
    return list(found)


def _list_of(value: Any, count: int) -> list[Any]:
    """A list of this length: shorter ones are filled with None, anything else is a list of None."""
    values = list(value[:count]) if isinstance(value, list) else []
    return values + [None] * (count - len(values))


def _numbers(value: Any) -> list[float]:
    """The samples of a result; nothing if one of them is no number."""
    try:
        numbers = [as_number(item) for item in value] if value is not None else []
    except TypeError:
        return []
    finite = [number for number in numbers if number is not None]
    return finite if len(finite) == len(numbers) else []

"""hyperfine's JSON (`--export-json FILE`): the runs of each command, with CPU times, memory and exit codes.

Format: github.com/sharkdp/hyperfine, src/benchmark/benchmark_result.rs; times in seconds. The file has
neither facts of the machine nor a date. User and system time are means, as the file holds no more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from obrelease.importers.importer import Importer
from obrelease.importers.json_reader import Node, flat_scalars
from obrelease.importers.sample_limits import limit_samples
from obrelease.importers.source import FileHead, Source
from obrelease.importers.time_units import all_to_nanoseconds, to_nanoseconds
from obrelease.importers.tool_run import LeftOut, ToolMetric, ToolRun, ToolSummary, part_name
from obrelease.models.artefact import Scalar

_CPU_TIMES: Final = ("user", "system")
_FIGURES: Final = {"mean": "mean", "stddev": "stddev", "min": "minimum", "max": "maximum"}
_MAX_NAMED_RUNS: Final = 5


def _matches(head: FileHead) -> bool:
    return head.has_json("results[].command") and (
        head.has_json("results[].mean") or head.has_json("results[].times[]")
    )


def _read(source: Source) -> Iterator[ToolRun]:
    """The one run of a file, which is what one call of hyperfine measured.

    Raises:
        InvalidInput: not such a file.
    """
    document = source.json()
    metrics: list[ToolMetric] = []
    left_out: list[LeftOut] = []
    results = list(document.member("results").items())
    twice = _commands_of_two(results)
    for result in results:
        name, parameters = result.member("command").text(), _parameters(result)
        if (name, tuple(parameters.items())) in twice:
            reason: str | None = "two commands of the file have this name and these parameters"
        else:
            reason = _failure(result)
        if reason:
            left_out.append(LeftOut(name, reason))
        else:
            metrics += _metrics(result, name, parameters, left_out)
    limited = limit_samples(metrics)
    yield ToolRun(
        tool="hyperfine",
        tool_version=None,
        title="hyperfine",
        metrics=limited.metrics,
        left_out=list(dict.fromkeys(left_out)),
        notes=limited.notes,
    )


def _commands_of_two(results: Sequence[Node]) -> frozenset[tuple[str, tuple[tuple[str, Scalar], ...]]]:
    seen = Counter((each.member("command").text(), tuple(_parameters(each).items())) for each in results)
    return frozenset(key for key, count in seen.items() if count > 1)


def _parameters(result: Node) -> dict[str, Scalar]:
    return flat_scalars(result.object_or_empty("parameters").value)


def _failure(result: Node) -> str | None:
    """Why the times of a command are meaningless; None if they are not."""
    codes = [code.value for code in result.member("exit_codes").items()] if result.has("exit_codes") else []
    failed = [
        f"run {number} {'was ended by a signal' if code is None else f'had exit code {code}'}"
        for number, code in enumerate(codes, start=1)
        if code != 0
    ]
    if not failed:
        return None
    more = f" and {len(failed) - _MAX_NAMED_RUNS} more" if len(failed) > _MAX_NAMED_RUNS else ""
    return f"failed: {', '.join(failed[:_MAX_NAMED_RUNS])}{more}, of {len(codes)} runs"


def _metrics(
    result: Node, name: str, parameters: dict[str, Scalar], left_out: list[LeftOut]
) -> Iterator[ToolMetric]:
    times = result.member("times").numbers() if result.has("times") else []
    count = len(times) or None
    if times:
        samples = all_to_nanoseconds(times, "s")
        yield ToolMetric(name, "ns", "lower", samples=samples, parameters=parameters)
    elif summary := _summary(result):
        yield ToolMetric(name, "ns", "lower", summary=summary, parameters=parameters)
    else:
        left_out.append(LeftOut(name, "has no times"))
        return
    for key in _CPU_TIMES:
        seconds = result.optional_number(key)
        if seconds is not None and seconds >= 0:
            mean = ToolSummary(to_nanoseconds(seconds, "s"), "mean", count)
            yield ToolMetric(
                part_name(name, key), "ns", "lower", summary=mean, parameters=parameters, primary=False
            )
    if result.has("memory_usage_byte") and (sizes := result.member("memory_usage_byte").numbers()):
        yield ToolMetric(
            part_name(name, "memory"), "B", "lower", samples=list(sizes), parameters=parameters, primary=False
        )


def _summary(result: Node) -> ToolSummary | None:
    """The figures of a command whose runs are not in the file."""
    found = {
        figure: to_nanoseconds(value, "s")
        for key, figure in _FIGURES.items()
        if (value := result.optional_number(key)) is not None and value >= 0
    }
    median = result.optional_number("median")
    if median is not None:
        return ToolSummary(to_nanoseconds(median, "s"), "median", None, found)
    return ToolSummary(found.pop("mean"), "mean", None, found) if "mean" in found else None


IMPORTER: Final = Importer(
    name="hyperfine",
    title="hyperfine: --export-json FILE",
    matches=_matches,
    read=_read,
    written_by="--export-json FILE",
)

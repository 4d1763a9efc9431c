"""One suite for every importer: damaged, recoded and hostile files give valid runs or errors of our tree.

A new format is added to `tests/small_tool_files.py`; this suite finds it by the table of formats.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import math
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from obrelease.errors import InvalidInput, ObreleaseError
from obrelease.importers.formats import BUILT_IN, detect_importer, importer_named, read_runs
from obrelease.importers.json_reader import MAX_NUMBER
from obrelease.importers.source import FileHead
from obrelease.importers.tool_run import ToolMetric, ToolRun
from tests.small_tool_files import CHOSEN_BY_NAME, DETECTED, runs_from, small_file, source_from

FORMATS: Final = tuple(BUILT_IN)
JSON_FORMATS: Final = tuple(
    name for name in FORMATS if small_file(name).lstrip()[:1] in b"{[" and name != "perf-stat"
)
NUMBER: Final = re.compile(rb"(?<![\w.])\d+(?:\.\d+)?(?![\w.])")
FUZZ: Final = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def problems(run: ToolRun) -> list[str]:
    """What no run may have: the rules of `tool_run.py`, for every importer."""
    found = []
    identities = [(metric.name, tuple(sorted(metric.parameters.items()))) for metric in run.metrics]
    if len(set(identities)) != len(identities):
        found.append("two metrics of one name and the same parameters")
    for metric in run.metrics:
        kinds = (bool(len(metric.samples)), metric.summary is not None, metric.histogram is not None)
        if sum(kinds) != 1:
            found.append(f"{metric.name[:80]!r} has not exactly one of samples, summary and histogram")
        if not metric.name or not metric.unit or metric.direction not in {"lower", "higher", None}:
            found.append(f"{metric.name[:80]!r} has no name, unit or direction")
        if not all(math.isfinite(value) and abs(value) <= MAX_NUMBER for value in numbers_of(metric)):
            found.append(f"{metric.name[:80]!r} has a value that is no finite number")
        if not all(isinstance(value, bool | int | float | str) for value in metric.parameters.values()):
            found.append(f"{metric.name[:80]!r} has a parameter that is no scalar")
    if not all(row.reason for row in run.left_out):
        found.append("a row is left out without a reason")
    return found


def numbers_of(metric: ToolMetric) -> list[float]:
    if metric.summary is not None:
        return [metric.summary.value, *metric.summary.figures.values()]
    return list(metric.samples)


def read_or_refuse(folder: Path, format_name: str, data: bytes) -> list[ToolRun]:
    """Rule: what is accepted is valid, what is refused raises an error of our tree that names the file."""
    try:
        runs = runs_from(folder, format_name, data)
    except ObreleaseError as error:
        assert "results.txt" in error.message  # noqa: PT017
        return []
    assert [problem for run in runs for problem in problems(run)] == []
    return runs


def content(runs: Sequence[ToolRun]) -> list[object]:
    """What must not depend on the order of rows or on the encoding."""
    return [
        (
            run.title,
            run.commit,
            run.created_ns,
            sorted(map(metric_content, run.metrics), key=repr),
            len(run.histograms),
        )
        for run in runs
    ]


def metric_content(metric: ToolMetric) -> object:
    figures = metric.summary and (
        metric.summary.value,
        metric.summary.statistic,
        sorted(metric.summary.figures.items()),
    )
    parameters = sorted(metric.parameters.items())
    return (
        metric.name,
        parameters,
        metric.unit,
        metric.direction,
        metric.primary,
        sorted(metric.samples),
        figures,
    )


def test_every_format_has_a_small_file() -> None:
    assert {*DETECTED, *CHOSEN_BY_NAME} == set(BUILT_IN)


@pytest.mark.parametrize("name", DETECTED)
def test_exactly_one_importer_recognises_a_file(name: str, tmp_path: Path) -> None:
    head = FileHead("results", small_file(name))
    assert [each for each in FORMATS if importer_named(each).matches(head)] == [name]
    assert detect_importer(source_from(tmp_path, small_file(name))).name == name


@pytest.mark.parametrize("name", FORMATS)
def test_a_small_file_is_read(name: str, tmp_path: Path) -> None:
    runs = read_or_refuse(tmp_path, name, small_file(name))
    assert runs
    assert all(run.metrics or run.histograms for run in runs)
    assert all(run.tool and run.title for run in runs)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "data", [b"", b" ", b"\n", b"\x00", b"null", b"[]", b"{}", b"0", b'"text"', b"\xff\xfe"]
)
def test_files_without_anything_are_refused(name: str, data: bytes, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"results\.txt"):
        runs_from(tmp_path, name, data)


@pytest.mark.parametrize("name", FORMATS)
def test_files_that_are_cut_off(name: str, tmp_path: Path) -> None:
    """Cut at every sixteenth: never a crash; JSON and XML that are cut off are refused."""
    data = small_file(name)
    for part in range(16):
        cut = data.rstrip()[: len(data.rstrip()) * part // 16]
        runs = read_or_refuse(tmp_path, name, cut)
        assert not (runs and (name in JSON_FORMATS or name == "catch2"))
        with contextlib.suppress(ObreleaseError):
            assert detect_importer(source_from(tmp_path, cut)).name in {name, CHOSEN_BY_NAME.get(name)}


RECODED: Final[dict[str, Callable[[bytes], bytes]]] = {
    "byte order mark": lambda data: codecs.BOM_UTF8 + data,
    "UTF-16, as PowerShell writes it": lambda data: codecs.BOM_UTF16_LE + data.decode().encode("utf-16-le"),
    "UTF-16, big endian": lambda data: codecs.BOM_UTF16_BE + data.decode().encode("utf-16-be"),
    "CRLF": lambda data: data.replace(b"\n", b"\r\n"),
    "without the last end of line": lambda data: data.rstrip(b"\n"),
    "blank lines at the end": lambda data: data + b"\n\n",
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("recode", RECODED)
def test_the_encoding_of_a_file_changes_nothing(name: str, recode: str, tmp_path: Path) -> None:
    data = RECODED[recode](small_file(name))
    assert content(runs_from(tmp_path, name, data)) == content(runs_from(tmp_path, name, small_file(name)))
    assert detect_importer(source_from(tmp_path, data)).name == CHOSEN_BY_NAME.get(name, name)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "number", [b"1e400", b"1" * 400, b"9" * 5_000, b"NaN", b"-1", b"-Infinity", b"1e31", b"0"]
)
def test_numbers_that_no_run_holds(name: str, number: bytes, tmp_path: Path) -> None:
    """Every eighth number of a file is replaced, with three different eighths."""
    data = small_file(name)
    for offset in (0, 3, 5):
        places = list(NUMBER.finditer(data))[offset::8]
        changed = data
        for place in reversed(places):
            changed = changed[: place.start()] + number + changed[place.end() :]
        read_or_refuse(tmp_path, name, changed)


NAMES: Final = {
    "google-benchmark": b"add_and", "bencher": b"tests",
    "pytest-benchmark": b"test_", "hyperfine": b"sleep", "hlog": b"Tag=",
    "cargo-bench": b"tests::add", "catch2": b"push", "catch2-text": b"push 10", "benchmark-js": b"fib(10)",
    "julia": b"fast", "perf-stat": b"page-faults", "k6": b"my_trend", "custom": b"memory", "fio": b"mixed",
    "asv": b"time_sort", "pyperf": b"sort", "nanobench": b"add", "vitest": b"fast", "jmh": b"Sums",
}  # fmt: skip
"""A part of a benchmark's name in the small file; elsewhere it is `um`, as in sum."""


@pytest.mark.parametrize("name", FORMATS)
def test_names_of_a_megabyte(name: str, tmp_path: Path) -> None:
    """A long name is read in full or refused; what a run keeps of it is decided elsewhere."""
    part = NAMES.get(CHOSEN_BY_NAME.get(name, name), b"um")
    data = small_file(name).replace(part, part + b"x" * 2**20, 1)
    assert len(data) > 2**20
    read_or_refuse(tmp_path, name, data)


def reversed_rows(document: Any) -> Any:
    """The same document with the keys of all objects, and the objects of all lists, the other way round."""
    if isinstance(document, dict):
        return {key: reversed_rows(value) for key, value in reversed(document.items())}
    if isinstance(document, list):
        rows = [reversed_rows(value) for value in document]
        return rows[::-1] if rows and all(isinstance(value, dict) for value in rows) else rows
    return document


@pytest.mark.parametrize("name", [name for name in JSON_FORMATS if name not in {"criterion", "julia"}])
def test_the_order_of_rows_changes_nothing(name: str, tmp_path: Path) -> None:
    data = json.dumps(reversed_rows(json.loads(small_file(name)))).encode()
    assert content(runs_from(tmp_path, name, data)) == content(runs_from(tmp_path, name, small_file(name)))


@pytest.mark.parametrize("name", ["go", "benchmark-js", "perf-stat"])
def test_the_order_of_lines_changes_nothing(name: str, tmp_path: Path) -> None:
    lines = small_file(name).splitlines(keepends=True)
    rows = [index for index, line in enumerate(lines) if b" x " in line or line.startswith((b"Bench", b"{"))]
    swapped = list(lines)
    for index, other in zip(rows, reversed(rows), strict=True):
        swapped[index] = lines[other]
    assert swapped != lines
    assert content(runs_from(tmp_path, name, b"".join(swapped))) == content(
        runs_from(tmp_path, name, small_file(name))
    )


@pytest.mark.parametrize("name", [name for name in JSON_FORMATS if name not in {"criterion", "julia"}])
def test_rows_that_occur_twice_are_one_metric_or_left_out(name: str, tmp_path: Path) -> None:
    document = json.loads(small_file(name))
    runs = read_or_refuse(tmp_path, name, json.dumps(doubled_rows(document)).encode())
    names = {row.name for run in runs for row in (*run.metrics, *run.left_out)}
    assert names >= {
        metric.name
        for run in runs_from(tmp_path, name, small_file(name))
        for metric in run.metrics
        if metric.primary
    }


def doubled_rows(document: Any) -> Any:
    """The same document with every object of a list twice."""
    if isinstance(document, dict):
        return {key: doubled_rows(value) for key, value in document.items()}
    if isinstance(document, list):
        rows = [doubled_rows(value) for value in document]
        return rows * 2 if rows and all(isinstance(value, dict) for value in rows) else rows
    return document


@pytest.mark.parametrize("name", FORMATS)
@FUZZ
@given(data=st.data())
def test_bytes_replaced(name: str, data: st.DataObject, tmp_path: Path) -> None:
    """Rule: no change of some bytes makes an importer fail otherwise than by an error of our tree."""
    changed = bytearray(small_file(name))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(changed)))
        changed[start : start + data.draw(st.integers(0, 40))] = data.draw(
            st.binary(max_size=8)
            | st.sampled_from([b'"', b"{", b"]", b",", b"null", b"\n", b"-", b"1e999", b"\\ud800", b" "])
        )
    read_or_refuse(tmp_path, name, bytes(changed))
    with contextlib.suppress(ObreleaseError):
        detect_importer(source_from(tmp_path, bytes(changed)))


SCALARS: Final = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20)
VALUES: Final = (
    SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(max_size=5), SCALARS, max_size=2)
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value."""
    inner: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    return [at, *(path for key, child in inner for path in places(child, (*at, key)))]


@pytest.mark.parametrize("name", JSON_FORMATS)
@FUZZ
@given(data=st.data())
def test_one_value_replaced(name: str, data: st.DataObject, tmp_path: Path) -> None:
    """Rule: no value at any place makes an importer fail otherwise than by an error of our tree."""
    document = json.loads(small_file(name))
    *way, last = data.draw(st.sampled_from(places(document)[1:]))
    holder = document
    for key in way:
        holder = holder[key]
    holder[last] = data.draw(VALUES)
    changed = json.dumps(document).encode("utf-8", "backslashreplace")
    read_or_refuse(tmp_path, name, changed)
    with contextlib.suppress(ObreleaseError):
        source = source_from(tmp_path, changed)
        for run in read_runs(detect_importer(source), source):
            assert problems(run) == []

"""pytest-benchmark: rounds, summaries without data, parameters, extra_info, machine and commit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from obrelease.errors import InvalidInput
from obrelease.importers.tool_run import ToolRun
from tests.tool_files import COMMIT, metrics_of, pytest_file, pytest_row, read_one, reasons

DATA = Path(__file__).resolve().parents[2] / "data" / "imports"


def read(folder: Path, *rows: dict[str, Any], **more: Any) -> ToolRun:
    return read_one(folder, "pytest-benchmark", pytest_file(*rows, **more))


def test_a_file_of_the_real_tool(tmp_path: Path) -> None:
    data = (DATA / "pytest_benchmark.json").read_bytes()
    run = read_one(tmp_path, "pytest-benchmark", data)
    raw = json.loads(data)["benchmarks"][0]["stats"]["data"]
    found = metrics_of(run)
    assert list(found) == ["test_sort.py::test_sort", "test_sort.py::test_join"]
    assert list(found["test_sort.py::test_sort"].samples) == pytest.approx(
        [1e9 * value for value in raw], rel=1e-15
    )
    assert (run.tool_version, run.commit, run.left_out) == ("5.3.1", None, [])
    assert run.stable
    assert (run.stable.system, run.stable.machine, run.stable.cpu_count) == ("Linux", "x86_64", 2)
    assert (run.stable.python, run.stable.compiler) == ("CPython 3.11.7", "GCC 12.2.0")
    assert run.volatile
    assert run.volatile.kernel == "6.1.0"


def test_facts_of_the_file(tmp_path: Path) -> None:
    run = read(tmp_path, pytest_row("t.py::a", [1e-3]), dirty=True)
    assert (run.title, run.host_name, run.commit, run.dirty) == ("demo", "lab-7", COMMIT, True)
    assert run.labels == {"branch": "main"}
    assert run.created_ns == 1_767_323_045 * 10**9
    assert run.volatile
    assert run.volatile.cpu_khz == 3_000_000


@pytest.mark.parametrize("commit", ["unversioned", "1234", ""])
def test_a_commit_that_is_none_is_not_kept(tmp_path: Path, commit: str) -> None:
    run = read(tmp_path, pytest_row("t.py::a", [1e-3]), commit=commit)
    assert (run.commit, run.dirty) == (None, None)


@pytest.mark.parametrize("names", [("t.py::t[<]", "t.py::t[>]", "t.py::t[==]"), ("a/t.py::t", "a/t.py::T")])
def test_names_do_not_depend_on_order_or_on_others(tmp_path: Path, names: tuple[str, ...]) -> None:
    rows = [pytest_row(name, [1e-3 * (number + 1)]) for number, name in enumerate(names)]
    there = metrics_of(read(tmp_path, *rows))
    assert metrics_of(read(tmp_path, *rows[::-1])) == there
    assert metrics_of(read(tmp_path, rows[1])) == {names[1]: there[names[1]]}
    assert list(there[names[1]].samples) == [2e6]


def test_without_data_the_figures_make_a_summary(tmp_path: Path) -> None:
    run = read(tmp_path, pytest_row("t.py::a", [1e-3, 2e-3, 6e-3], data=False))
    summary = metrics_of(run)["t.py::a"].summary
    assert summary
    assert (summary.value, summary.statistic, summary.count) == (2e6, "median", 3)
    assert summary.figures["mean"] == pytest.approx(3e6)
    assert (summary.figures["minimum"], summary.figures["maximum"]) == (1e6, 6e6)


@pytest.mark.parametrize("data", [["// the rest was removed"], [], None, "none", [None]])
def test_data_that_are_no_rounds_leave_the_figures(tmp_path: Path, data: Any) -> None:
    row = pytest_row("t.py::a", [1e-3])
    row["stats"]["data"] = data
    metric = metrics_of(read(tmp_path, row))["t.py::a"]
    assert metric.summary
    assert metric.summary.value == 1e6


def test_groups_parameters_and_extra_info_are_kept(tmp_path: Path) -> None:
    row = pytest_row(
        "t.py::a[10]",
        [1e-3],
        group="g1",
        params={
            "n": 10,
            "codec": "zip",
            "book": "UNSERIALIZABLE[<Book object at 0x7f00>]",
            "other": "<Book at 0x7fa1>",
        },
        extra_info={"bytes": 4096, "codec": "zip", "nested": {"rate": 0.5}},
    )
    run = read(tmp_path, row)
    found = metrics_of(run)
    assert found["t.py::a[10]"].group == "g1"
    assert found["t.py::a[10]"].parameters == {"n": 10, "codec": "zip"}
    extra = found["t.py::a[10]:bytes"]
    assert extra.summary
    assert (extra.summary.value, extra.summary.statistic, extra.direction, extra.primary) == (
        4096.0,
        "value",
        None,
        False,
    )
    assert found["t.py::a[10]:nested.rate"].summary
    assert run.parameters == {"t.py::a[10]:codec": "zip"}


def test_what_is_no_result_is_named(tmp_path: Path) -> None:
    negative, empty = (
        pytest_row("t.py::negative", [-1e-3, 1e-3]),
        pytest_row("t.py::empty", [1e-3], data=False),
    )
    empty["stats"] = {"rounds": 0}
    text = json.dumps(
        pytest_file(
            pytest_row("t.py::fine", [1e-3]),
            negative,
            empty,
            pytest_row("t.py::nan", [4.5]),
            pytest_row("t.py::t", [1.0]),
            pytest_row("t.py::t", [2.0]),
        )
    ).replace("[4.5]", "[NaN]")
    run = read_one(tmp_path, "pytest-benchmark", text.encode())
    assert list(metrics_of(run)) == ["t.py::fine"]
    assert reasons(run) == {
        "t.py::negative": "the time of a round is negative or too large",
        "t.py::empty": "has neither rounds nor a median, mean or minimum",
        "t.py::nan": "the time of a round is not finite",
        "t.py::t": "two benchmarks of the file have this name",
    }


def test_a_file_of_2015(tmp_path: Path) -> None:
    row = {
        "fullname": "t.py::a",
        "name": "a",
        "group": None,
        "options": {},
        "stats": {"median": 2e-7, "rounds": 9, "min": 1e-7, "mean": 3e-7},
    }
    document = {
        "benchmarks": [row],
        "datetime": "2015-08-15T00:01:46",
        "commit_info": {"dirty": True, "id": COMMIT},
        "machine_info": {"node": "minibox", "python_implementation": "CPython"},
        "version": "2.5.0",
    }
    run = read_one(tmp_path, "pytest-benchmark", document)
    assert (run.title, run.host_name, run.tool_version) == ("pytest-benchmark", "minibox", "2.5.0")
    assert metrics_of(run)["t.py::a"].summary


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda document: document.pop("benchmarks"), r"\$: has no 'benchmarks'"),
        (lambda document: document.update(benchmarks={}), r"benchmarks: is not a list"),
        (
            lambda document: document["benchmarks"][0].update(stats=[]),
            r"benchmarks\[0\].stats: is not an object",
        ),
        (
            lambda document: document["benchmarks"][0].update(fullname=None, name=None),
            r"benchmarks\[0\].name: is not text",
        ),
    ],
)
def test_what_is_malformed_is_refused_with_its_place(tmp_path: Path, change: Any, message: str) -> None:
    document = pytest_file(pytest_row("t.py::a", [1e-3]))
    change(document)
    with pytest.raises(InvalidInput, match=message):
        read_one(tmp_path, "pytest-benchmark", document)

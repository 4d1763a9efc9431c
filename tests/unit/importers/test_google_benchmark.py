"""Google Benchmark: names, times, counters, aggregates alone, failed rows, and two benchmarks of one name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from obrelease.errors import InvalidInput
from obrelease.importers.tool_run import ToolRun
from tests.tool_files import COMMIT, google_aggregate, google_file, google_row, metrics_of, read_one, reasons

DATA = Path(__file__).resolve().parents[2] / "data" / "imports"


def read(folder: Path, *rows: dict[str, Any], **context: Any) -> ToolRun:
    return read_one(folder, "google-benchmark", google_file(*rows, **context))


def test_a_file_of_the_real_tool(tmp_path: Path) -> None:
    data = (DATA / "google_benchmark.json").read_bytes()
    run = read_one(tmp_path, "google-benchmark", data)
    found = metrics_of(run)
    names = [name for name, metric in found.items() if metric.primary]
    assert names == ["add_and_cancel", "sum_of_levels/256", "sum_of_levels/4096"]
    raw = [row for row in json.loads(data)["benchmarks"] if row["name"] == "sum_of_levels/256"]
    assert list(found["sum_of_levels/256"].samples) == pytest.approx([1e3 * row["real_time"] for row in raw])
    assert list(found["sum_of_levels/256:cpu_time"].samples) == pytest.approx(
        [1e3 * row["cpu_time"] for row in raw]
    )
    assert (run.title, run.host_name, run.left_out) == ("order_book_bench", "localhost", [])
    assert run.stable
    assert run.stable.cpu_count == 2
    assert run.volatile
    assert run.volatile.cpu_khz == 2_445_000


@pytest.mark.parametrize(
    "names",
    [
        ("BM_Put", "BM_put"),
        ("BM_Copy<int*>", "BM_Copy<int&>", "BM<int>/4", "BM<int/4>", "BM_\u0394", "BM_\u03a3"),
        (
            "Book<PriceMap<std::flat_map>, Pool<4096>>/" * 3 + "1",
            "Book<PriceMap<std::flat_map>, Pool<4096>>/" * 3 + "2",
        ),
        ("BM/manual_time", "BM/real_time", "BM/process_time/real_time", "BM/threads:8", "BM"),
        ("BM_x.cpu", "BM_x"),
    ],
)
def test_names_are_those_of_the_file_in_any_order(tmp_path: Path, names: tuple[str, ...]) -> None:
    rows = [google_row(name, 10.0 + number) for number, name in enumerate(names)]
    there = metrics_of(read(tmp_path, *rows))
    back = metrics_of(read(tmp_path, *reversed(rows)))
    assert there == back
    assert {name: list(metric.samples) for name, metric in there.items() if metric.primary} == {
        name: [10.0 + number] for number, name in enumerate(names)
    }
    assert {name for name, metric in there.items() if not metric.primary} == {
        f"{name}:cpu_time" for name in names
    }


def test_rows_of_one_run_name_are_known_by_their_names(tmp_path: Path) -> None:
    rows = [google_row(name, 1.0, run_name="all") for name in ("BM_a", "BM_b")]
    run = read(tmp_path, *rows, google_aggregate("BM_c", "mean", 2.0, run_name="all"))
    assert [name for name, metric in metrics_of(run).items() if metric.primary] == ["BM_a", "BM_b", "BM_c"]


def test_repetitions_are_samples_of_one_metric(tmp_path: Path) -> None:
    rows = [
        google_row("BM", value, repetitions=3, repetition_index=at, time_unit="us")
        for at, value in enumerate((1.5, 1.25, 1.75))
    ]
    found = metrics_of(read(tmp_path, *rows, google_aggregate("BM", "mean", 1.5, time_unit="us")))
    assert list(found["BM"].samples) == [1500.0, 1250.0, 1750.0]
    assert found["BM"].summary is None
    assert (found["BM"].unit, found["BM"].direction) == ("ns", "lower")


def test_counters_rates_and_labels_are_kept(tmp_path: Path) -> None:
    row = google_row(
        "BM_Match",
        50.0,
        items_per_second=2e7,
        bytes_per_second=1.28e9,
        cache_misses=3.0,
        hits_per_second=9.0,
        max_bytes_used=4096,
        label="hot",
    )
    run = read(tmp_path, row, git_sha=COMMIT, compiler="gcc 13")
    found = {
        name: (metric.unit, metric.direction, list(metric.samples), metric.primary)
        for name, metric in metrics_of(run).items()
    }
    assert found == {
        "BM_Match": ("ns", "lower", [50.0], True),
        "BM_Match:cpu_time": ("ns", "lower", [25.0], False),
        "BM_Match:items_per_second": ("1/s", "higher", [2e7], False),
        "BM_Match:bytes_per_second": ("B/s", "higher", [1.28e9], False),
        "BM_Match:cache_misses": ("1", None, [3.0], False),
        "BM_Match:hits_per_second": ("1/s", "higher", [9.0], False),
        "BM_Match:max_bytes_used": ("B", "lower", [4096.0], False),
    }
    assert run.parameters["BM_Match:label"] == "hot"
    assert run.parameters["compiler"] == "gcc 13"
    assert (run.commit, run.host_name) == (COMMIT, "lab-7")
    assert run.created_ns == 1_767_323_045 * 10**9


def test_an_abbreviated_commit_is_only_a_parameter(tmp_path: Path) -> None:
    run = read(tmp_path, google_row("BM", 1.0), git_sha="0123abcd")
    assert (run.commit, run.parameters["git_sha"]) == (None, "0123abcd")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (
            google_row("BM_Bad", 0.0, error_occurred=True, error_message="no such file"),
            "failed: no such file",
        ),
        (google_row("BM_Bad", 0.0, error_occurred=True), "failed: no reason given"),
        (
            google_row("BM_Bad", 0.0, iterations=0, skipped=True, skip_message="no AVX-512 here"),
            "skipped: no AVX-512 here",
        ),
        (google_row("BM_Bad", 0.0, iterations=0), "did no iteration"),
    ],
)
def test_a_row_that_is_no_result_is_named(tmp_path: Path, row: dict[str, Any], reason: str) -> None:
    run = read(tmp_path, google_row("BM_Fine", 12.0), row, google_row("BM_Fine2", 15.0))
    assert reasons(run) == {"BM_Bad": reason}
    assert [name for name, metric in metrics_of(run).items() if metric.primary] == ["BM_Fine", "BM_Fine2"]


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_a_counter_that_is_not_finite_refuses_nothing(tmp_path: Path, value: str) -> None:
    text = json.dumps(google_file(google_row("BM", 5.0, ratio="?"))).replace('"?"', value)
    run = read_one(tmp_path, "google-benchmark", text.encode())
    assert reasons(run) == {"BM:ratio": f"is {value}"}
    assert list(metrics_of(run)) == ["BM", "BM:cpu_time"]


def test_a_time_that_is_not_finite_is_named(tmp_path: Path) -> None:
    text = json.dumps(google_file(google_row("BM", 5.0), google_row("BM_Nan", -7.0, cpu_time=1.0))).replace(
        "-7.0", "NaN"
    )
    run = read_one(tmp_path, "google-benchmark", text.encode())
    assert reasons(run) == {"BM_Nan": "real_time is NaN"}


def test_two_benchmarks_of_one_name_are_left_out_in_any_order(tmp_path: Path) -> None:
    rows = [google_row("BM_Twice", 20.0), google_row("BM_Once", 1.0), google_row("BM_Twice", 2000.0)]
    for order in (rows, rows[::-1]):
        run = read(tmp_path, *order)
        assert reasons(run) == {"BM_Twice": "two benchmarks of the file have this name"}
        assert list(metrics_of(run)) == ["BM_Once", "BM_Once:cpu_time"]


def test_aggregates_alone_make_a_summary(tmp_path: Path) -> None:
    figures = {"mean": 31.0, "median": 30.0, "stddev": 2.0, "max": 35.0}
    rows = [google_aggregate("BM_Agg", name, value, time_unit="us") for name, value in figures.items()]
    rows.append(google_aggregate("BM_Agg", "cv", 0.06, time_unit="us", aggregate_unit="percentage"))
    summary = metrics_of(read(tmp_path, *rows))["BM_Agg"].summary
    assert summary
    assert (summary.value, summary.statistic, summary.count) == (30_000.0, "median", 5)
    assert summary.figures == {"mean": 31_000.0, "stddev": 2_000.0, "maximum": 35_000.0, "cv": 0.06}


def test_statistics_of_the_user_are_metrics_of_their_own(tmp_path: Path) -> None:
    found = metrics_of(read(tmp_path, google_aggregate("BM", "p99", 70.0)))
    assert [(name, metric.summary and metric.summary.value) for name, metric in found.items()] == [
        ("BM_p99", 70.0),
        ("BM:cpu_time_p99", 35.0),
    ]


@pytest.mark.parametrize("kept", [True, False])
def test_a_version_before_1_5(tmp_path: Path, kept: bool) -> None:
    rows: list[dict[str, Any]] = [
        {"name": name, "iterations": 3, "real_time": value, "cpu_time": value, "time_unit": "us"}
        for name, value in (
            ("BM_Old", 4),
            ("BM_Old", 6),
            ("BM_Old_mean", 5),
            ("BM_Old_median", 5),
            ("BM_Old_stddev", 1),
            ("BM_keeps_mean", 2),
        )
        if kept or name != "BM_Old"
    ]
    rows.append(
        {"name": "BM_Old_BigO", "cpu_coefficient": 1, "real_coefficient": 1, "big_o": "N", "time_unit": "us"}
    )
    rows.append({"name": "BM_Old_RMS", "rms": 0.1})
    found = metrics_of(
        read_one(tmp_path, "google-benchmark", {"context": {"num_cpus": 2}, "benchmarks": rows})
    )
    assert list(found) == ["BM_Old", "BM_Old:cpu_time", "BM_keeps_mean", "BM_keeps_mean:cpu_time"]
    if kept:
        assert list(found["BM_Old"].samples) == [4_000.0, 6_000.0]
    else:
        assert found["BM_Old"].summary
        assert (found["BM_Old"].summary.value, found["BM_Old"].summary.statistic) == (5_000.0, "median")


def test_complexity_is_no_measurement(tmp_path: Path) -> None:
    big_o = {
        "name": "BM_BigO",
        "run_name": "BM",
        "run_type": "aggregate",
        "aggregate_name": "BigO",
        "cpu_coefficient": 2.0,
        "real_coefficient": 2.1,
        "big_o": "N",
        "time_unit": "ns",
    }
    rms = {"name": "BM_RMS", "run_name": "BM", "run_type": "aggregate", "aggregate_name": "RMS", "rms": 0.05}
    run = read(tmp_path, google_row("BM/8", 1.0), big_o, rms)
    assert list(metrics_of(run)) == ["BM/8", "BM/8:cpu_time"]
    assert run.left_out == []


def test_a_counter_with_the_name_of_a_field_is_not_taken_for_it(tmp_path: Path) -> None:
    text = json.dumps(google_file(google_row("BM", 5.0))).replace(
        '"time_unit": "ns"', '"time_unit": "ns", "real_time": 77.0'
    )
    run = read_one(tmp_path, "google-benchmark", text.encode())
    assert list(metrics_of(run)["BM"].samples) == [5.0]
    assert reasons(run) == {
        "$.benchmarks[0].real_time": "the object has this key twice; the first value is kept"
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time_unit": "h"}, r"benchmarks\[1\]: time_unit 'h' is none of ns, us, ms, s"),
        ({"real_time": "fast"}, r"benchmarks\[1\].real_time: is not a number"),
        ({"real_time": -1.0}, r"benchmarks\[1\].real_time: is not a number from 0"),
        ({"name": 5}, r"benchmarks\[1\].name: is not text"),
    ],
)
def test_a_malformed_value_is_refused_with_its_place(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        read(tmp_path, google_row("BM", 1.0), google_row("BM_2", 2.0) | change)


def test_ten_thousand_benchmarks_and_names_of_a_megabyte(tmp_path: Path) -> None:
    rows = [google_row(f"BM_{number}", 1.0 + number) for number in range(10_000)]
    assert len(read(tmp_path, *rows).metrics) == 20_000
    found = metrics_of(read(tmp_path, google_row("x" * 2**20 + "1", 1.0), google_row("x" * 2**20 + "2", 2.0)))
    assert len(found) == 4


@pytest.mark.parametrize(
    ("context", "notes"),
    [
        ({}, []),
        ({"library_build_type": "debug"}, ["the benchmark library is a debug build"]),
        ({"cpu_scaling_enabled": False}, []),
        (
            {"library_build_type": "debug", "cpu_scaling_enabled": True},
            ["the benchmark library is a debug build", "CPU scaling is enabled"],
        ),
    ],
)
def test_what_the_library_warns_of_is_a_note(
    tmp_path: Path, context: dict[str, Any], notes: list[str]
) -> None:
    found = read(tmp_path, google_row("BM_A", 1.0), **context).notes
    assert len(found) == len(notes)
    assert all(note.startswith(begin) for note, begin in zip(found, notes, strict=True))

"""Small files in the formats of other benchmark tools, made here; all numbers are invented."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from obrelease.importers.formats import importer_named, read_runs
from obrelease.importers.source import ReadOptions, Source
from obrelease.importers.tool_run import ToolMetric, ToolRun

COMMIT: Final = "0123456789abcdef0123456789abcdef01234567"


def read_all(
    folder: Path, format_name: str, content: bytes | Any, *, name: str = "run.json", **options: Any
) -> list[ToolRun]:
    """The runs that an importer reads in a file with this content, which is JSON unless it is bytes."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    source = Source(path, name, name, options=ReadOptions(**options))
    return list(read_runs(importer_named(format_name), source))


def read_one(folder: Path, format_name: str, content: bytes | Any, **more: Any) -> ToolRun:
    """The only run that an importer reads in a file with this content."""
    (run,) = read_all(folder, format_name, content, **more)
    return run


def metrics_of(run: ToolRun) -> dict[str, ToolMetric]:
    """The metrics of a run by name; two of one name are an error of the test."""
    found = {metric.name: metric for metric in run.metrics}
    assert len(found) == len(run.metrics)
    return found


def reasons(run: ToolRun) -> dict[str, str]:
    """Why rows of a file are no results, by name."""
    return {row.name: row.reason for row in run.left_out}


def google_row(name: str, real_time: float, **more: Any) -> dict[str, Any]:
    """A repetition as Google Benchmark 1.8 writes it."""
    return {
        "name": name,
        "run_name": name,
        "run_type": "iteration",
        "repetitions": 1,
        "repetition_index": 0,
        "threads": 1,
        "iterations": 1000,
        "real_time": real_time,
        "cpu_time": real_time * 0.5,
        "time_unit": "ns",
        **more,
    }


def google_aggregate(name: str, aggregate: str, real_time: float, **more: Any) -> dict[str, Any]:
    """An aggregate of five repetitions as Google Benchmark writes it."""
    row = google_row(name, real_time, repetitions=5, **more)
    del row["repetition_index"]
    return row | {"name": f"{name}_{aggregate}", "run_type": "aggregate", "aggregate_name": aggregate}


def google_file(*rows: Mapping[str, Any], **context: Any) -> dict[str, Any]:
    """A file of Google Benchmark."""
    facts = {
        "date": "2026-01-02T03:04:05+00:00",
        "host_name": "lab-7",
        "executable": "./build/book_bench",
        "num_cpus": 8,
        "mhz_per_cpu": 3000,
        "caches": [],
        "load_avg": [0.5],
        "library_build_type": "release",
    }
    return {"context": facts | context, "benchmarks": list(rows)}


def pytest_row(fullname: str, seconds: Sequence[float], *, data: bool = True, **more: Any) -> dict[str, Any]:
    """A test as pytest-benchmark 5 writes it."""
    ordered = sorted(seconds)
    stats: dict[str, Any] = {
        "min": ordered[0],
        "max": ordered[-1],
        "mean": sum(ordered) / len(ordered),
        "stddev": 1e-6,
        "rounds": len(ordered),
        "median": ordered[len(ordered) // 2],
        "iqr": 1e-6,
        "q1": ordered[0],
        "q3": ordered[-1],
        "iterations": 1,
    }
    if data:
        stats["data"] = list(seconds)
    return {
        "group": None,
        "name": fullname.rpartition("::")[2],
        "fullname": fullname,
        "params": None,
        "param": None,
        "extra_info": {},
        "options": {},
        "stats": stats,
        **more,
    }


def pytest_file(*rows: Mapping[str, Any], commit: str = COMMIT, dirty: bool = False) -> dict[str, Any]:
    """A file of pytest-benchmark."""
    return {
        "machine_info": {
            "node": "lab-7",
            "processor": "x86_64",
            "machine": "x86_64",
            "python_implementation": "CPython",
            "python_version": "3.12.1",
            "release": "6.1",
            "system": "Linux",
            "cpu": {"brand_raw": "Example CPU", "count": 8, "hz_actual": [3_000_000_000, 0]},
        },
        "commit_info": {"id": commit, "dirty": dirty, "project": "demo", "branch": "main"},
        "benchmarks": list(rows),
        "datetime": "2026-01-02T03:04:05.000000+00:00",
        "version": "5.1.0",
    }


def hyperfine_result(command: str, seconds: Sequence[float], **more: Any) -> dict[str, Any]:
    """A command as hyperfine 1.19 writes it."""
    return {
        "command": command,
        "mean": sum(seconds) / len(seconds),
        "stddev": 0.001,
        "median": sorted(seconds)[len(seconds) // 2],
        "user": 0.25,
        "system": 0.125,
        "min": min(seconds),
        "max": max(seconds),
        "times": list(seconds),
        "exit_codes": [0] * len(seconds),
        **more,
    }


def hyperfine_file(*results: Mapping[str, Any]) -> dict[str, Any]:
    """A file of hyperfine."""
    return {"results": list(results)}


def _zigzag(number: int) -> bytes:
    left, written = ((number << 1) ^ (number >> 63)) & (2**64 - 1), b""
    while left >= 128:
        written, left = written + bytes([left & 127 | 128]), left >> 7
    return written + bytes([left])


def _bucket(value: int, digits: int) -> int:
    """The index of a value among the buckets of a histogram of these digits and a smallest value of 1."""
    half = (2 * 10**digits - 1).bit_length() - 1
    shift = max(value.bit_length() - (half + 1), 0)
    return (shift << half) + (value >> shift)


def encoded_histogram(
    values: Iterable[int], *, version: int = 2, digits: int = 3, word_bytes: int = 8, compress: bool = True
) -> str:
    """The base64 of a histogram of these values in one of the encodings of HdrHistogram."""
    counts: dict[int, int] = {}
    for value in values:
        index = _bucket(value, digits)
        counts[index] = counts.get(index, 0) + 1
    length = max(counts, default=-1) + 1
    dense = [counts.get(index, 0) for index in range(length)]
    if version == 2:
        body = b"".join(_zigzag(count) for count in dense)
        cookie = 0x1C849303 | 0x10
    else:
        body = b"".join(count.to_bytes(word_bytes, "big") for count in dense)
        cookie = (0x1C849301 if version else 0x1C849308) | word_bytes << 4
    if version:
        head = struct.pack(">IIIIQQd", cookie, len(body), 0, digits, 1, 2**41, 1.0)
    else:
        head = struct.pack(">IIQQQ", cookie, digits, 1, 2**41, sum(dense))
    payload = head + body
    if compress:
        packed = zlib.compress(payload)
        outer = {0: 0x1C849309, 1: 0x1C849302, 2: 0x1C849304}[version] | cookie & 0xF0
        payload = struct.pack(">II", outer, len(packed)) + packed
    return base64.b64encode(payload).decode("ascii")


def log_line(blob: str, *, tag: str = "", start: float = 0.0) -> str:
    """An interval of a histogram log."""
    return f"{f'Tag={tag},' if tag else ''}{start:.3f},1.000,0.001,{blob}\n"


def histogram_log(*lines: str, started: str = "1767225600.250") -> bytes:
    """A histogram log of these intervals."""
    return "".join(
        (
            "#[Histogram log format version 1.3]\n",
            f"#[StartTime: {started} (seconds since epoch), Thu Jan 01 00:00:00 UTC 2026]\n",
            '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"\n',
            *lines,
        )
    ).encode()

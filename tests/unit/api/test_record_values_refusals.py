"""What `record` refuses, each with the place and the cure; nothing is left on the disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from obrelease import InvalidInput, Latencies, Metric, Registry, UsageError, record

TIME = Metric("time", "ms", [1.0])


def recorded(folder: Path, **changes: Any) -> Any:
    arguments: dict[str, Any] = {"scenario": "s", "producer": "p", "version": "1", "metrics": [TIME]}
    arguments |= {"registry": folder / "r"} | changes
    return record(arguments.pop("scenario"), **arguments)


def metric(samples: Any = (1.0,), *, name: Any = "m", unit: Any = "ms", better: Any = None) -> Any:
    return {"metrics": [Metric(name, unit, samples, better)]}


def latencies(values: Any, clock: Any = "service") -> Any:
    return {"histograms": [Latencies("request", values, clock)]}


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "NaN": (metric([1, float("nan")]), "metric 'm', sample 2: nan"),
    "infinite": (metric([float("inf")]), "metric 'm', sample 1: inf"),
    "inexact": (metric([2**53]), r"sample 1: 9007199254740992 is beyond 2\^53"),
    "inexact float": (metric([1e17]), "sample 1: 1e.17 cannot be stored"),
    "text as a sample": (metric([1, "2"]), "metric 'm', sample 2: '2' is not a number"),
    "boolean as a sample": (metric([True]), "sample 1: True is not a number"),
    "missing value": (metric(pd.Series([1, None], dtype="Int64")), "sample 2: <NA> is not a number"),
    "a number": (metric(1.0), "metric 'm': samples is 1.0"),
    "text": (metric("123"), "metric 'm': samples is '123'"),
    "matrix": (metric(np.ones((2, 2))), "2 dimensions"),
    "time differences": (metric(np.array([1], "m8[ms]")), "time differences"),
    "empty generator": (metric(iter(())), "metric 'm' has no samples"),
    "empty array": (metric(np.array([])), "metric 'm' has no samples"),
    "no unit": (metric(unit=""), "metric 'm': the unit has 0 characters"),
    "long unit": (metric(unit="u" * 65), "metric 'm': the unit has 65 characters"),
    "unit of a wrong type": (metric(unit=None), "metric 'm': the unit is None"),
    "better": (metric(better="bigger"), "metric 'm': better is 'bigger'"),
    "better in capitals": (metric(better="Higher"), "better is 'Higher'"),
    "better as a boolean": (metric(better=True), "better is True"),
    "no name": (metric(name=""), "metric: the name is empty"),
    "long name": (metric(name="m" * 4097), "4,097 characters; at most 4,096"),
    "half of a character": (metric(name="\ud83d"), "has a lone surrogate"),
    "name of a wrong type": (metric(name=3), "the name is 3"),
    "no scenario": ({"scenario": ""}, "scenario: the name is empty"),
    "producer without letters": ({"producer": "\u6f22"}, "producer: '\u6f22' cannot be stored"),
    "scenario of a wrong type": ({"scenario": None}, "scenario: the name is None"),
    "producer of a wrong type": ({"producer": 3}, "producer: the name is 3"),
    "version of a wrong type": ({"version": 2.1}, "version is 2.1"),
    "a metric alone": ({"metrics": TIME}, "metrics is a Metric"),
    "tuples as metrics": ({"metrics": [("a", "ms", [1])]}, "metrics, item 1: is a tuple"),
    "a dictionary as metrics": ({"metrics": {"a": 1}}, "metrics is a dict"),
    "no latencies": (latencies(np.array([], int)), "histogram 'request' has no latencies"),
    "fractions": (latencies([0.5]), "whole nanoseconds"),
    "ragged": (latencies([[1], [2, 3]]), "whole nanoseconds"),
    "negative": (latencies([5, -1]), "histogram 'request', latency 2: -1 ns"),
    "beyond an hour": (latencies([3_600_000_000_001]), "latency 1: 3600000000001 ns"),
    "beyond int64": (latencies(np.array([2**63], np.uint64)), "latency 1: 9223372036854775808 ns"),
    "unit of time unknown": (latencies(np.array([5], "m8")), "no fixed unit"),
    "no time": (latencies(np.array(["NaT"], "m8[ns]")), "NaT"),
    "parts of a nanosecond": (latencies(np.array([1], "m8[ps]")), "not a number of nanoseconds"),
    "clock": (latencies([5], "wall"), "histogram 'request': clock is 'wall'"),
    "no clock": (latencies([5], None), "clock is None"),
    "text as a file": ({"files": {"n.txt": "text"}}, "file 'n.txt': its content is str"),
    "no content": ({"files": {"n.txt": None}}, "file 'n.txt': its content is NoneType"),
    "path of a wrong type": ({"files": {3: b""}}, "files: the path 3"),
    "a list of files": ({"files": ["n.txt"]}, "files is a list"),
    "a path out of the run": ({"files": {"../x": b""}}, r"file '\.\./x' of the run: "),
    "reserved file": ({"files": {"CON": b""}}, "file 'CON' of the run: 'CON' is a name that Windows"),
    "reserved file with a suffix": ({"files": {"nul.txt": b""}}, "Windows reserves"),
    "reserved folder": ({"files": {"a/aux/b.txt": b""}}, "'aux' is a name that Windows"),
    "dot at the end": ({"files": {"a.": b""}}, "Windows reserves or changes"),
    "long file": ({"files": {"w" * 236: b""}}, "fit into a release"),
    "long file name": ({"files": {"a" * 101: b""}}, "too long for a release"),
    "a list of labels": ({"labels": ["a"]}, "labels is a list"),
    "empty label key": ({"labels": {"": 1}}, "label '': the key has 0 characters"),
    "label key of a wrong type": ({"labels": {1: 1}}, "label 1: the key is not text"),
    "label value": ({"labels": {"k": None}}, "label 'k': None is not text"),
    "label that is not finite": ({"labels": {"k": float("nan")}}, "label 'k': nan"),
    "command as text": ({"command": "a b c"}, "command is 'a b c', not a list of words"),
    "word of a wrong type": ({"command": ["a", 1]}, "command, word 2 is 1"),
    "time as text": ({"created_ns": "2020"}, "created_ns is '2020'"),
    "time after 2262": ({"created_ns": 2**63}, "created_ns is 9223372036854775808"),
    "no registry": ({"registry": ""}, "registry is ''"),
    "null character": ({"registry": "a\0b"}, "registry is"),
    "registry of a wrong type": ({"registry": 3}, "registry is 3"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_value_is_named_and_nothing_is_recorded(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    changes, message = REFUSED[case]
    with pytest.raises((UsageError, InvalidInput), match=message):
        recorded(tmp_path, **changes)
    assert [*tmp_path.rglob("artefact.json")] == []


@pytest.mark.parametrize("samples", [[900_000, 900_000], [280_000] * 6], ids=["separators", "bytes"])
def test_a_run_that_could_not_be_read_back_is_not_recorded(tmp_path: Path, samples: list[int]) -> None:
    value = 1 if len(samples) == 2 else 1.2345678901234567
    metrics = [Metric(f"m{number}", "ms", [value] * count) for number, count in enumerate(samples)]
    with pytest.raises(InvalidInput, match=r"commas and colons|larger than") as caught:
        recorded(tmp_path, metrics=metrics)
    assert caught.value.hint
    assert Registry(tmp_path / "r").find() == ()


@pytest.mark.parametrize(
    "samples",
    [
        np.array([1.5, 2.0]),
        np.array([1.5, 2.0], np.float32),
        pd.Series([1.5, 2.0]),
        pd.Series([1.5, 2.0], dtype="Float64"),
        (1.5, 2.0),
        iter([1.5, 2.0]),
        [np.float32(1.5), np.int64(2)],
    ],
    ids=["float64", "float32", "series", "nullable series", "tuple", "iterator", "scalars"],
)
def test_samples_may_be_any_array_or_iterable(tmp_path: Path, samples: Any) -> None:
    registry = Registry(tmp_path / "r")
    (series,) = registry.load(recorded(tmp_path, **metric(samples))).metrics
    assert series.samples == (1.5, 2)


@pytest.mark.parametrize("values", [np.array([5], "m8[ms]"), pd.Series(pd.to_timedelta([5], unit="ms"))])
def test_time_differences_are_stored_in_nanoseconds(tmp_path: Path, values: Any) -> None:
    recorded(tmp_path, **latencies(values))
    frame = Registry(tmp_path / "r").metrics_to_pandas().set_index("metric")
    assert frame.filter(like="p50", axis=0)["value"].iloc[0] == pytest.approx(5_000_000, rel=1e-3)


@pytest.mark.parametrize("content", [bytearray(b"x"), memoryview(b"x")])
def test_a_file_may_be_any_buffer(tmp_path: Path, content: Any) -> None:
    entry = recorded(tmp_path, files={"n.txt": content})
    assert (entry.folder / "n.txt").read_bytes() == b"x"


@pytest.mark.parametrize("unit", ["\u00b5s", "\u03bcs"], ids=["micro sign", "greek letter"])
def test_micro_is_stored_as_one_unit_whatever_its_character(tmp_path: Path, unit: str) -> None:
    (stored,) = Registry(tmp_path / "r").load(recorded(tmp_path, **metric(unit=unit))).metrics
    assert stored.unit == "us"


NAMES = [
    "gr\u00f6\u00dfe", "--", "BM_\u0394", "BM_\u03a3", "a < b", "a > b", "A > b",
    "\u202eabc", "\0", "m" * 4096,
]  # fmt: skip


def test_names_of_every_kind_are_kept_apart(tmp_path: Path) -> None:
    metrics = [Metric(name, "ms", [1.0]) for name in NAMES]
    artefact = Registry(tmp_path / "r").load(recorded(tmp_path, metrics=metrics))
    assert [each.name for each in artefact.metrics] == NAMES
    assert len({each.id for each in artefact.metrics}) == len(NAMES)


@pytest.mark.parametrize("title", ["con", "Con.x", "\u6f22", "x" * 4096, "LPT1", "..", "/"])
def test_a_title_of_any_kind_has_a_folder_that_a_release_can_hold(tmp_path: Path, title: str) -> None:
    assert Registry(tmp_path / "r").load(recorded(tmp_path, scenario=title)).title == title
    assert Registry(tmp_path / "r").validate().problems == ()

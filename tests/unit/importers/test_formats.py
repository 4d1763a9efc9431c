"""Detection of formats, and plugins: each file is of one format, broken plugins stop nothing."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from obrelease.errors import IncompleteInput, InvalidInput, UsageError
from obrelease.importers import formats
from obrelease.importers.formats import BUILT_IN, detect_importer, format_names, importer_named, read_runs
from obrelease.importers.importer import Importer
from obrelease.importers.source import FileHead, Source, source_of
from obrelease.importers.tool_run import ToolMetric, ToolRun
from tests.tool_files import (
    encoded_histogram,
    google_aggregate,
    google_file,
    google_row,
    histogram_log,
    hyperfine_file,
    hyperfine_result,
    log_line,
    pytest_file,
    pytest_row,
)

DATA = Path(__file__).resolve().parents[2] / "data" / "imports"


def source(folder: Path, content: object, name: str = "results.txt") -> Source:
    import json

    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return source_of(path, place=name)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (google_file(google_row("BM", 1.0)), "google-benchmark"),
        (google_file(google_aggregate("BM", "mean", 1.0)), "google-benchmark"),
        ({"context": {"num_cpus": 2}, "benchmarks": []}, "google-benchmark"),
        (google_file(google_row("BM", 1.0), note="x" * 300_000), "google-benchmark"),
        (pytest_file(pytest_row("t.py::a", [1e-3])), "pytest-benchmark"),
        (pytest_file(pytest_row("t.py::a", [1e-3], data=False)), "pytest-benchmark"),
        (pytest_file(pytest_row("t.py::a", [1e-3] * 50_000)), "pytest-benchmark"),
        (hyperfine_file(hyperfine_result("a", [0.1])), "hyperfine"),
        (hyperfine_file(hyperfine_result("a", [0.1] * 50_000)), "hyperfine"),
        (histogram_log(log_line(encoded_histogram([1]))), "hlog"),
        (log_line(encoded_histogram([1], version=0), tag="a").encode(), "hlog"),
        ((DATA / "google_benchmark.json").read_bytes(), "google-benchmark"),
        ((DATA / "pytest_benchmark.json").read_bytes(), "pytest-benchmark"),
        ((DATA / "hyperfine.json").read_bytes(), "hyperfine"),
        ((DATA / "hdr_histogram_js.hlog").read_bytes(), "hlog"),
    ],
)
def test_a_file_is_recognised_by_its_content(tmp_path: Path, content: object, name: str) -> None:
    assert detect_importer(source(tmp_path, content)).name == name


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_a_file_is_recognised_in_any_encoding(tmp_path: Path, codec: str) -> None:
    import json

    text = json.dumps(google_file(google_row("BM", 1.0)), indent=2).replace("\n", "\r\n")
    assert detect_importer(source(tmp_path, text.encode(codec))).name == "google-benchmark"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "results.txt: is empty"),
        (b"hello\n", "results.txt: is of no format that is recognised"),
        ({"results": []}, "results.txt: is of no format that is recognised"),
        (b"\x00\x01\x02", "results.txt: is of no format that is recognised"),
    ],
)
def test_other_files_are_refused_with_the_formats(tmp_path: Path, content: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        detect_importer(source(tmp_path, content))
    if content:
        assert caught.value.hint
        assert "--format" in caught.value.hint
        assert "google-benchmark, pytest-benchmark" in caught.value.hint


def test_every_built_in_format_has_its_importer() -> None:
    assert format_names()[: len(BUILT_IN)] == tuple(BUILT_IN)
    for name in BUILT_IN:
        assert importer_named(name).name == name


def _read_one(_source: Source) -> Iterator[ToolRun]:
    yield ToolRun("plug", "1", "made", metrics=[ToolMetric("m", "ns", "lower", samples=[1.0])])


def _fails(_: object) -> bool:
    raise RuntimeError("broken plugin")


def _read_fails(_source: Source) -> Iterator[ToolRun]:
    raise RuntimeError("cannot read")
    yield


PLUG = Importer("plug", "A tool", lambda head: head.text.startswith("PLUG"), _read_one)
BROKEN = Importer("broken", "A tool", _fails, _read_fails)


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """One plugin that works, and four that fail, are missing, or have the name of another format."""
    points = [
        EntryPoint("plug", f"{__name__}:PLUG", formats.ENTRY_POINT_GROUP),
        EntryPoint("broken", f"{__name__}:BROKEN", formats.ENTRY_POINT_GROUP),
        EntryPoint("gone", "no_such_module_here:IMPORTER", formats.ENTRY_POINT_GROUP),
        EntryPoint("other-name", f"{__name__}:PLUG", formats.ENTRY_POINT_GROUP),
        EntryPoint("hyperfine", f"{__name__}:PLUG", formats.ENTRY_POINT_GROUP),
    ]
    monkeypatch.setattr(EntryPoint, "load", _loaded)
    monkeypatch.setattr(formats, "entry_points", lambda group: points)


def _loaded(point: EntryPoint) -> object:
    if point.value.startswith("no_such"):
        raise ModuleNotFoundError("No module named 'no_such_module_here'")
    return BROKEN if point.name == "broken" else PLUG


@pytest.mark.usefixtures("plugins")
def test_a_plugin_reads_its_files_whatever_others_do(tmp_path: Path) -> None:
    made = source(tmp_path, b"PLUG 1\n")
    importer = detect_importer(made)
    assert importer is PLUG
    assert [run.title for run in read_runs(importer, made)] == ["made"]
    assert importer_named("hyperfine") is not PLUG
    assert format_names()[len(BUILT_IN) :] == ("broken", "gone", "other-name", "plug")


@pytest.mark.usefixtures("plugins")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gone", r"'gone' \(no_such_module_here:IMPORTER\) cannot be loaded: No module"),
        ("other-name", "is no Importer named 'other-name'"),
        ("csv", "unknown format 'csv'"),
    ],
)
def test_a_plugin_that_is_none_is_named(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        importer_named(name)


@pytest.mark.usefixtures("plugins")
def test_a_plugin_that_fails_is_an_error_about_the_file(tmp_path: Path) -> None:
    made = source(tmp_path, b"x\n")
    with pytest.raises(
        InvalidInput, match=r"results.txt: the importer plugin 'broken' failed: RuntimeError: cannot read"
    ):
        list(read_runs(BROKEN, made))


def test_the_paths_of_a_beginning() -> None:
    head = FileHead("x", b'{"a": {"b": 1, "c": [{"d": 2}, {"e": 3')
    assert head.json_paths == {"a", "a.b", "a.c", "a.c[]", "a.c[].d", "a.c[].e"}
    assert FileHead("x", b"text {").json_paths == frozenset()


TABLE = b"---------\nBenchmark    Time    CPU    Iterations\nBM_Match    12 ns    11 ns    1000\n"

WITHOUT_OPTION = {
    "hlog", "cargo-bench", "criterion", "criterion-text", "catch2-text", "benchmark-js", "asv", "bencher",
    "custom",    "custom-smaller-is-better", "custom-bigger-is-better", "github-action-benchmark",
}  # fmt: skip
"""Formats that their tools write without being asked, and formats of no tool."""


@pytest.mark.parametrize("name", sorted(BUILT_IN.keys() - WITHOUT_OPTION))
def test_the_table_of_a_tool_is_refused_with_the_option_that_writes_the_format(
    tmp_path: Path, name: str
) -> None:
    importer = importer_named(name)
    assert importer.written_by
    with pytest.raises(InvalidInput) as found:
        list(read_runs(importer, source(tmp_path, TABLE)))
    assert found.value.hint == f"{importer.written_by} makes the tool write this format"


def test_a_damaged_file_of_the_format_gets_no_such_hint(tmp_path: Path) -> None:
    row = {**google_row("BM_Match", 12.0), "time_unit": "weeks"}
    with pytest.raises(InvalidInput, match="weeks") as found:
        list(read_runs(importer_named("google-benchmark"), source(tmp_path, google_file(row))))
    assert found.value.hint is None


@pytest.mark.parametrize(
    ("text", "place"),
    [(b'{"context": {"caches": [{"type": "Da', r"\$\.context\.caches\[0\]"), (b"[1, 2", r"\$")],
)
@pytest.mark.parametrize("name", [None, "google-benchmark", "jmh", "k6"])
def test_json_that_is_cut_off_is_said_to_be(
    tmp_path: Path, text: bytes, place: str, name: str | None
) -> None:
    cut = source(tmp_path, text)
    message = rf"results\.txt: is cut off: it ends at byte {len(text)}, within {place}"
    with pytest.raises(IncompleteInput, match=message) as found:
        detect_and_read(cut, name)
    assert found.value.hint is not None
    assert "again" in found.value.hint


def detect_and_read(file: Source, name: str | None) -> list[ToolRun]:
    return list(read_runs(detect_importer(file) if name is None else importer_named(name), file))


@pytest.mark.parametrize("content", [b'{"a": 1}', b'{"a" 1}', b"[1] [2]"])
def test_other_json_of_no_format_is_not_called_cut_off(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InvalidInput, match="of no format that is recognised"):
        detect_importer(source(tmp_path, content))

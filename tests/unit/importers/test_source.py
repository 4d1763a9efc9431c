"""Sources: lines whatever their ends and encoding, limits, places in errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease.errors import InvalidInput, NotFound
from obrelease.importers import source as source_module
from obrelease.importers.formats import detect_importer
from obrelease.importers.source import FileHead, Source, program_name, source_of


def source(folder: Path, data: bytes) -> Source:
    path = folder / "results.v1.txt"
    path.write_bytes(data)
    return source_of(path, place="results.v1.txt")


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "no end"])
def test_lines_have_no_ends(tmp_path: Path, codec: str, end: str, last: str) -> None:
    lines = ["first \u0394", "", "x" * 600_000, "third", "y" * 300_000]
    data = "".join(line + end for line in lines) + last
    assert list(source(tmp_path, data.encode(codec)).lines()) == [*lines, *([last] if last else [])]


def test_a_text_has_plain_line_ends(tmp_path: Path) -> None:
    assert source(tmp_path, b"a\r\nb\n").text() == "a\nb\n"


def test_names_and_times(tmp_path: Path) -> None:
    made = source(tmp_path, b"abc")
    assert (made.name, made.stem, made.size, made.place) == (
        "results.v1.txt",
        "results.v1",
        3,
        "results.v1.txt",
    )
    assert made.modified_ns == made.path.stat().st_mtime_ns
    assert program_name("C:\\build\\bench.exe") == "bench.exe"
    assert program_name("./build/bench") == "bench"


def test_limits_name_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_module, "MAX_LINE_CHARACTERS", 1_000)
    with pytest.raises(InvalidInput, match=r"results.v1.txt: a line has more than 1,000 characters"):
        list(source(tmp_path, b"x" * 300_000).lines())
    with pytest.raises(InvalidInput, match=r"results.v1.txt: larger than 10 bytes"):
        source(tmp_path, b"x" * 11).data(10)


def test_a_link_is_not_followed_below_the_import(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    (tmp_path / "target").write_bytes(b"1")
    with pytest.raises(InvalidInput, match="symbolic link"):
        source_of(tmp_path / "link").data()
    with pytest.raises(NotFound):
        Source(tmp_path / "none", "none", "none").open()


def test_a_pattern_is_tried_at_starts_of_lines_alone() -> None:
    head = FileHead("results.txt", b"first\r\n  Benchmark 1\nBenchmark 2\n")
    assert head.has_line("Benchmark 2$")
    assert not head.has_line("Benchmark 1")


@pytest.mark.parametrize("piece", ["1", " ", "1,", "a ", "Tag=", "BenchmarkA 1 ", '"unit":"'])
def test_formats_are_detected_in_one_long_line(tmp_path: Path, piece: str) -> None:
    """With patterns that are tried at every character this takes minutes."""
    data = ("x" + piece * (400_000 // len(piece))).encode()
    with pytest.raises(InvalidInput, match="of no format"):
        detect_importer(source(tmp_path, data))

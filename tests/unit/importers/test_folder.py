"""Folders as importers see them: order, links, limits, and documents of several files."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease.errors import InvalidInput, UsageError
from obrelease.importers import folder as folder_module
from obrelease.importers.folder import Folder, pack_files, packed_start, unpack_files
from obrelease.importers.formats import detect_folder_importer, importer_named, read_folder_runs
from tests.small_tool_files import source_from


def test_files_are_listed_in_order_and_links_are_not_followed(tmp_path: Path) -> None:
    for name in ("b/2.json", "a/9.json", "a/1.json", "a/1.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    (tmp_path / "a" / "link.json").symlink_to(tmp_path / "b" / "2.json")
    (tmp_path / "linked").symlink_to(tmp_path / "b")
    assert list(Folder(tmp_path, "here").files(".json")) == ["a/1.json", "a/9.json", "b/2.json"]


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "MAX_FILES", 2)
    for number in range(3):
        (tmp_path / f"{number}.json").write_text("{}")
    with pytest.raises(InvalidInput, match="here: has more than 2 files and folders"):
        list(Folder(tmp_path, "here").files(".json"))


def test_packed_files_are_read_as_they_were(tmp_path: Path) -> None:
    files = {"b/é.json": '{"a": "\\u00e9\n"}', "a.json": "x\ty"}
    source = source_from(tmp_path, pack_files("criterion", files))
    assert source.head.begins_with(packed_start("criterion"))
    assert not source.head.begins_with(packed_start("asv"))
    assert unpack_files(source.json()) == files


def test_a_folder_of_no_format_and_a_format_of_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="here: is of no format that is recognised") as caught:
        detect_folder_importer(Folder(tmp_path, "here"))
    assert caught.value.hint == "name it with --format; formats: pytest-benchmark, criterion, asv"
    with pytest.raises(UsageError, match="here: the format 'jmh' has files, no folders"):
        list(read_folder_runs(importer_named("jmh"), Folder(tmp_path, "here")))

"""The storage folder of pytest-benchmark (`.benchmarks/`): its files in the order of their commits.

Format: src/pytest_benchmark/storage/file.py of github.com/ionelmc/pytest-benchmark. The folder has a folder
for each kind of machine, with files such as `0001_COMMIT_20190524_084745.json`; the number counts up on
that machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from obrelease.importers.folder import Folder
from obrelease.importers.history_runs import runs_with_results
from obrelease.importers.json_reader import Node
from obrelease.importers.json_stream import read_beginning
from obrelease.importers.source import MAX_FILE_BYTES, Source
from obrelease.importers.time_units import parse_date_ns
from obrelease.importers.tool_run import ToolRun

_FILE: Final = re.compile(r"(?P<number>[0-9]{4,12})_[^/]*\.json")


def is_storage(folder: Folder) -> bool:
    """Whether the folder, or one folder of a machine in it, has files that are named as in a storage."""
    return any(True for _ in _storage_files(folder))


def read_storage(folder: Folder, read: Callable[[Source], Iterator[ToolRun]]) -> Iterator[ToolRun]:
    """The runs of all files that have results, by time of their commit, then by number.

    Args:
        read: the reader of a single file.

    Raises:
        InvalidInput: a file is malformed, or there is none.
    """
    return runs_with_results(_all_runs(folder, read))


def _all_runs(folder: Folder, read: Callable[[Source], Iterator[ToolRun]]) -> Iterator[ToolRun]:
    found = [(_commit_time(folder.file(path)), number, path) for number, path in _storage_files(folder)]
    if not found:
        raise folder.error("has no file such as 0001_NAME.json")
    for _, _, path in sorted(found):
        source = folder.file(path)
        for run in read(source):
            yield replace(run, part=source.data(MAX_FILE_BYTES))


def _storage_files(folder: Folder) -> Iterator[tuple[int, str]]:
    for path in folder.files(".json"):
        name = _FILE.fullmatch(PurePosixPath(path).name)
        if name and path.count("/") <= 1:
            yield int(name["number"]), path


def _commit_time(source: Source) -> int:
    """When the commit of a file was made, from the beginning of the file; 0 if it is not there."""
    info = Node(read_beginning(source.head.data), source.place).object_or_empty("commit_info")
    text = info.optional_text("time") or info.optional_text("author_time") or ""
    return parse_date_ns(text.replace("Z", "+00:00")) or 0

"""What an importer of one format is: its name, how it recognises a file, and how it reads one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from obrelease.importers.folder import Folder
from obrelease.importers.source import FileHead, Source
from obrelease.importers.tool_run import ToolRun


@dataclass(frozen=True, slots=True)
class Importer:
    """A reader of one format.

    Attributes:
        name: the format as `--format` names it: lower-case letters, digits and `-`.
        title: the tool and its file, in words: `Google Benchmark, --benchmark_out_format=json`.
        matches: whether the beginning of a file is of this format. It must not accept files of other tools:
            a file that two importers accept is refused.
        read: gives the runs of a file, in the order of the file; one for most formats, many for a history.
            Raises `InvalidInput` for what is malformed. Never invents: what the file does not say is None.
        matches_folder, read_folder: the same for a folder that the tool writes; None if it writes none. Every
            run of a folder has a `part`.
        written_by: the option or call with which the tool writes this format, if it prints something else
            without it; None if it does not.
        suffix, media_type: of the original file in the run's folder.
    """

    name: str
    title: str
    matches: Callable[[FileHead], bool]
    read: Callable[[Source], Iterator[ToolRun]]
    matches_folder: Callable[[Folder], bool] | None = None
    read_folder: Callable[[Folder], Iterator[ToolRun]] | None = None
    written_by: str | None = None
    suffix: str = ".json"
    media_type: str = "application/json"

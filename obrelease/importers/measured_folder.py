"""The folder that a run was measured in, found again: a run has `.` where the tool's file has this folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath, PureWindowsPath
from typing import Final

from obrelease.importers.tool_run import ToolRun
from obrelease.models.artefact import Artefact

_MAX_TEXTS: Final = 8
"""So many texts of the file decide; each that names the folder has its counterpart in the run."""


def measured_folder(run: ToolRun, artefact: Artefact) -> str | None:
    """The absolute path that `.` stands for in names, parameters and labels; None if none explains them."""
    recorded = set(_recorded_texts(artefact))
    of_file = dict.fromkeys(_texts_of_file(run))
    changed = [text for text in of_file if text not in recorded and _has_separator(text)][:_MAX_TEXTS]
    places = [text for text in recorded if "." in text and text not in of_file]
    votes = Counter(folder for text in changed for place in places if (folder := _replaced(text, place)))
    return votes.most_common(1)[0][0] if votes else None


def _texts_of_file(run: ToolRun) -> Iterator[str]:
    values: list[object] = [*run.parameters.values(), *run.labels.values()]
    for metric in run.metrics:
        yield metric.name
        values += metric.parameters.values()
    yield from _texts(values)


def _recorded_texts(artefact: Artefact) -> Iterator[str]:
    labels = (label.value for label in artefact.labels.values() if label.source == "file")
    values: list[object] = [*artefact.parameters.values(), *labels]
    for metric in artefact.metrics:
        yield metric.name
        values += metric.parameters.values()
    yield from _texts(values)


def _texts(values: Iterable[object]) -> Iterator[str]:
    return (value for value in values if isinstance(value, str))


def _has_separator(text: str) -> bool:
    return "/" in text or "\\" in text


def _replaced(text: str, place: str) -> str | None:
    """The absolute path whose replacement by `.` turns a text into another one."""
    start = next((at for at, (one, other) in enumerate(zip(text, place, strict=False)) if one != other), None)
    removed = len(text) - len(place)
    if start is None or removed < 1 or place[start] != ".":
        return None
    for uses in range(1, place.count(".") + 1):
        each, rest = divmod(removed, uses)
        folder = text[start : start + each + 1]
        if not rest and _is_absolute(folder) and text.replace(folder, ".") == place:
            return folder
    return None


def _is_absolute(path: str) -> bool:
    return PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()

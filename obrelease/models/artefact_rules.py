"""Rules of an artefact that its JSON Schema cannot express: ids, values given once, names of files.

The model of an artefact checks them when it is built, and `models.sound_artefact` without building it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from obrelease.models.metric_identity import histogram_id, metric_id


def check_metric(identity: str, name: str, parameters: Mapping[str, Any], *forms: object) -> None:
    """Refuse an id that is not that of the name, and values that are missing or given twice.

    Args:
        forms: the samples, the summary and the histogram of the metric, each empty or None if it has none.

    Raises:
        ValueError: says what is wrong.
    """
    expected = metric_id(name, parameters)
    if identity != expected:
        raise ValueError(f"id: is {identity!r}, its name and parameters give {expected!r}")
    if len([form for form in forms if form]) != 1:
        raise ValueError("has not exactly one of samples, summary and histogram")


def check_histogram(identity: str, tag: str) -> None:
    """Refuse an id that is not that of the tag.

    Raises:
        ValueError: names both.
    """
    if identity != (expected := histogram_id(tag)):
        raise ValueError(f"id: is {identity!r}, its tag gives {expected!r}")


def check_ids(metrics: Sequence[tuple[str, str | None]], histograms: Sequence[str]) -> None:
    """Refuse two metrics or two histograms of one id, and a metric of a histogram that is missing.

    Args:
        metrics: the id of each, and that of the histogram that has its samples.
        histograms: the id of each.

    Raises:
        ValueError: names the id.
    """
    if twice := _first_duplicate([identity for identity, _ in metrics]):
        raise ValueError(f"metrics: two have the id {twice!r}")
    if twice := _first_duplicate(histograms):
        raise ValueError(f"histograms: two have the id {twice!r}")
    known = {None, *histograms}
    for identity, histogram in metrics:
        if histogram not in known:
            raise ValueError(f"metrics: {identity!r} names the histogram {histogram!r}, which is missing")


def check_file_paths(paths: Iterable[str], envelope: str) -> None:
    """Refuse two files with one name on a case-insensitive disk, and a file with the name of a folder.

    Args:
        envelope: the name of the envelope, which no listed file may have.

    Raises:
        ValueError: names the path.
    """
    seen = {envelope}
    folders: set[str] = set()
    for path in paths:
        folded = path.casefold()
        if folded in seen:
            raise ValueError(f"files: {path!r} is taken by another file")
        seen.add(folded)
        parts = folded.split("/")
        folders.update("/".join(parts[:count]) for count in range(1, len(parts)))
    if both := seen & folders:
        raise ValueError(f"files: {min(both)!r} is both a file and a folder")


def _first_duplicate(names: Sequence[str]) -> str | None:
    if len(set(names)) == len(names):
        return None
    seen: set[str] = set()
    return next(name for name in names if name in seen or seen.add(name))  # type: ignore[func-returns-value]

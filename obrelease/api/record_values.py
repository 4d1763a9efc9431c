"""Record numbers that the caller measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from obrelease.api.clock import now_ns
from obrelease.api.producer import commit_of
from obrelease.api.project import ProjectLike, project_of
from obrelease.api.registry import RegistryLike, store_of
from obrelease.models.artefact import Producer
from obrelease.models.validation import model_errors
from obrelease.recorder.record_arguments import checked_file, checked_mapping, checked_text, program_name
from obrelease.recorder.values_artefact import Latencies, Metric, build_artefact
from obrelease.registry.entry import Entry
from obrelease.storage.durable import NewFile

if TYPE_CHECKING:
    from obrelease.models.artefact import Scalar

_MEDIA_TYPES: Final = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}


def record(
    scenario: str,
    *,
    producer: str,
    version: str,
    metrics: Sequence[Metric] = (),
    histograms: Sequence[Latencies] = (),
    files: Mapping[str, bytes | Path] | None = None,
    labels: Mapping[str, Scalar] | None = None,
    command: Sequence[str] = (),
    registry: RegistryLike = "results",
    repository: ProjectLike | None = None,
    created_ns: int | None = None,
) -> Entry:
    """Record one run: numbers that were measured, with the facts of this machine.

    The run is an artefact of kind `imported`. When this returns, it is safe on disk. Call it once for
    each process that measured: statistics count runs, not samples.

    Args:
        scenario: what was measured; any text. The run's folder is named by its slug.
        producer, version: the program that measured; ASCII letters and digits.
        metrics: samples with a unit and a direction.
        histograms: latencies in nanoseconds.
        files: more files of the run, by their path in it: their bytes, or a file to copy. A release must
            be able to hold the path on every file system.
        labels: facts of the run, such as the compiler; they do not decide whether runs compare.
        command: the command line that measures it again.
        registry: the registry, or its folder, which is made if it is missing.
        repository: the repository whose commit was measured; None to record no commit.
        created_ns: when it was measured, in nanoseconds since 1970; now if None.

    Returns:
        The entry; its `digest` names the run.

    Raises:
        UsageError: nothing to record, a metric without samples, two metrics of one name and the same
            parameters, or a value of a wrong type.
        InvalidInput: a name, number, unit, label or path that an artefact does not take, or more values
            than one envelope holds.
        NotFound: a file to copy is missing, or `repository` is not a git repository with a commit.
        StorageError: the disk refused; nothing is left in place.

    Example:
        >>> record(
        ...     "parse-json",
        ...     producer="my-parser",
        ...     version="2.1",
        ...     metrics=[Metric("parse time", "ms", [1.91, 1.88, 1.95])],
        ...     labels={"compiler": "clang-19"},
        ... ).digest
    """
    store = store_of(registry)
    name = program_name(producer)
    version = checked_text("version", version)
    checked = [checked_file(path, content) for path, content in checked_mapping("files", files).items()]
    commit, dirty = commit_of(project_of(repository)) if repository is not None else (None, None)
    with model_errors("record"):
        program = Producer(name=name, version=version, commit=commit, dirty=dirty)
    draft = build_artefact(
        scenario,
        metrics=metrics,
        histograms=histograms,
        files=[NewFile(path, _media_type(path), content) for path, content in checked],
        labels=labels,
        command=command,
        producer=program,
        created_ns=now_ns() if created_ns is None else created_ns,
        created_by_user=created_ns is not None,
    )
    return store.record(draft.artefact, draft.files)


def _media_type(path: str) -> str:
    return _MEDIA_TYPES.get(PurePosixPath(path).suffix, "application/octet-stream")

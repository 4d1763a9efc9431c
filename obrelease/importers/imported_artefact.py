"""From what a reader gives to an artefact of kind `imported`, with the original file beside the envelope."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from obrelease.errors import InvalidInput
from obrelease.importers.imported_metrics import (
    bounded_scalars,
    recorded_metrics,
    shortened,
    storable_scalars,
    storable_text,
)
from obrelease.importers.tool_run import LeftOut, ToolHistogram, ToolRun
from obrelease.models.archive_paths import folder_name
from obrelease.models.artefact import (
    MAX_KEY,
    MAX_NAME,
    UNKNOWN,
    Artefact,
    FactSources,
    HistogramRef,
    Host,
    Label,
    LeftOutRow,
    Producer,
    Scalar,
    Source,
    StableHost,
    VolatileHost,
)
from obrelease.models.artefact_draft import ArtefactDraft
from obrelease.models.metric_identity import histogram_id, histogram_path, slug
from obrelease.models.validation import model_errors
from obrelease.storage.durable import NewFile

UNKNOWN_HOST: Final = StableHost(
    system=UNKNOWN, machine=UNKNOWN, cpu_model=UNKNOWN, cpu_count=0, python="none"
)
"""For files without facts of the machine."""

_NAMED_ROWS: Final = 3
_COMMIT: Final = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


@dataclass(frozen=True, slots=True)
class GivenFacts:
    """What is known of a run besides its file. Facts of the user come before those of the file.

    Attributes:
        title, commit, dirty, host_name, labels, created_ns: given by the user.
        head_commit: the commit of a clean tree, used if neither the user nor the file names one.
        now_ns: nanoseconds since 1970, used if neither the user nor the file has a time.
    """

    now_ns: int
    title: str | None = None
    commit: str | None = None
    dirty: bool | None = None
    host_name: str | None = None
    labels: Mapping[str, Scalar] = field(default_factory=dict)
    created_ns: int | None = None
    head_commit: str | None = None


def build_imported_run(
    run: ToolRun,
    original: NewFile | None,
    given: GivenFacts,
    *,
    format_name: str,
    file_name: str,
    place: str | None = None,
    strict: bool = False,
) -> ArtefactDraft:
    """Build the artefact of one run that a reader found in a file.

    Args:
        original: the file as it was given, at `original` and a suffix; None if there is no file.
        format_name, file_name: kept as the command of the run.
        place: what errors call the file; `file_name` if None.
        strict: refuse a file of which a row would be left out.

    Raises:
        InvalidInput: nothing was measured, a row would be left out and `strict` is set, or a text is
            longer than an envelope takes.
    """
    where = file_name if place is None else place
    with model_errors(where):
        found = recorded_metrics(run.metrics)
    histograms = _distinct_histograms(run.histograms, found.left_out)
    histograms += [replace(histogram, tag=identity) for identity, histogram in found.histograms.items()]
    left_out = [*run.left_out, *found.left_out]
    if strict and left_out:
        raise _strict_error(where, left_out)
    if not found.metrics and not histograms:
        raise _nothing_measured(where, left_out)
    refs = [_histogram_ref(histogram) for histogram in histograms]
    title = storable_text(given.title or run.title)[:MAX_NAME]
    with model_errors(where):
        artefact = Artefact(
            kind="imported",
            scenario=folder_name(title),
            title=title,
            created_ns=str(_first(given.created_ns, run.created_ns, given.now_ns)),
            command=("obrelease", "import", "--format", format_name, storable_text(file_name)[:MAX_NAME]),
            producer=_producer(run, given),
            host=_host(run, given),
            sources=_sources(run, given),
            labels=_labels(run, given),
            parameters=bounded_scalars(run.parameters),
            metrics=tuple(found.metrics),
            histograms=tuple(refs),
            left_out=tuple(
                LeftOutRow(
                    name=shortened(storable_text(row.name)), reason=storable_text(row.reason)[:MAX_NAME]
                )
                for row in left_out
            ),
        )
    files = [
        NewFile(ref.path, "text/plain", histogram.log)
        for ref, histogram in zip(refs, histograms, strict=True)
    ]
    originals = () if original is None else (original,)
    return ArtefactDraft(artefact, (*originals, *files, *run.files))


def _first(*values: int | None) -> int:
    return next(value for value in values if value is not None)


def _producer(run: ToolRun, given: GivenFacts) -> Producer:
    of_file = _full_commit(run.commit)
    commit = given.commit or of_file or given.head_commit
    if given.commit or of_file:
        dirty = given.dirty if given.commit else run.dirty
    else:
        dirty = False if commit else None
    version = storable_text(run.tool_version or UNKNOWN)[:MAX_NAME]
    return Producer(name=slug(run.tool), version=version, commit=commit, dirty=dirty)


def _full_commit(commit: str | None) -> str | None:
    return commit if commit and _COMMIT.fullmatch(commit) else None


def _host(run: ToolRun, given: GivenFacts) -> Host:
    name = given.host_name or run.host_name or None
    return Host(
        stable=run.stable or UNKNOWN_HOST,
        volatile=run.volatile or VolatileHost(),
        name=storable_text(name)[:MAX_NAME] if name else None,
    )


def _sources(run: ToolRun, given: GivenFacts) -> FactSources:
    from_file = run.host_name or run.stable or run.volatile or None
    return FactSources(
        host=_source(given.host_name, from_file),
        commit=_source(given.commit, _full_commit(run.commit), given.head_commit),
        created=_source(given.created_ns, run.created_ns, given.now_ns),
    )


def _source(*values: object) -> Source | None:
    """The source of the first value: the user, the file, this machine."""
    sources: tuple[Source, ...] = ("user", "file", "machine")
    found = (source for source, value in zip(sources, values, strict=False) if value is not None)
    return next(found, None)


def _labels(run: ToolRun, given: GivenFacts) -> dict[str, Label]:
    """The labels of the file, and those of the user in their place; keys that are too long are cut.

    A commit that the file abbreviates is a label, because no part of a name identifies a commit.
    """
    found: dict[str, Label] = {}
    from_file = dict(run.labels)
    if run.commit and _full_commit(run.commit) is None:
        from_file.setdefault("commit", run.commit)
    sources: tuple[tuple[Source, Mapping[str, Scalar]], ...] = (("file", from_file), ("user", given.labels))
    for source, labels in sources:
        for key, value in storable_scalars(labels).items():
            kept = value[:MAX_NAME] if isinstance(value, str) else value
            found[key[:MAX_KEY]] = Label(value=kept, source=source)
    return found


def _distinct_histograms(histograms: Sequence[ToolHistogram], left_out: list[LeftOut]) -> list[ToolHistogram]:
    uses = Counter(storable_text(histogram.tag) for histogram in histograms)
    kept = []
    for histogram in histograms:
        tag = storable_text(histogram.tag)
        if uses[tag] > 1:
            left_out.append(LeftOut(shortened(tag), f"{uses[tag]} histograms have this tag"))
        elif len(tag) > MAX_NAME:
            reason = f"its tag has {len(tag):,} characters; at most {MAX_NAME:,} are kept"
            left_out.append(LeftOut(shortened(tag), reason))
        else:
            kept.append(histogram)
    return kept


def _histogram_ref(histogram: ToolHistogram) -> HistogramRef:
    tag = storable_text(histogram.tag)
    identity = histogram_id(tag)
    return HistogramRef(
        id=identity,
        tag=tag,
        path=histogram_path(identity),
        unit="ns",
        clock=histogram.clock,
        count=histogram.count,
        out_of_range=histogram.out_of_range,
        significant_digits=histogram.significant_digits,
    )


def _strict_error(file_name: str, left_out: Sequence[LeftOut]) -> InvalidInput:
    return InvalidInput(
        f"{file_name}: {_rows_text(left_out)}", hint="without --strict, these rows are left out and named"
    )


def _nothing_measured(file_name: str, left_out: Sequence[LeftOut]) -> InvalidInput:
    if left_out:
        return InvalidInput(f"{file_name}: holds no result that can be recorded; {_rows_text(left_out)}")
    return InvalidInput(f"{file_name}: has no measurement", hint="let the tool measure something first")


def _rows_text(left_out: Sequence[LeftOut]) -> str:
    rows = "; ".join(f"{shortened(row.name)!r}: {row.reason}" for row in left_out[:_NAMED_ROWS])
    more = len(left_out) - _NAMED_ROWS
    return rows + (f"; and {more:,} more" if more > 0 else "")

"""The formats that can be imported: built-in importers by name, plugins by entry point, detection.

A plugin is an `Importer` under the entry point group `obrelease.importers`; the name of the entry point is
that of the format. Plugins are loaded only for a format or a file that no built-in importer has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Final

from obrelease.errors import IncompleteInput, InvalidInput, ObreleaseError, UsageError
from obrelease.importers.folder import Folder
from obrelease.importers.importer import Importer
from obrelease.importers.sample_limits import limit_samples
from obrelease.importers.source import HEAD_BYTES, LONG_HEAD_BYTES, FileHead, Source
from obrelease.importers.tool_run import ToolRun
from obrelease.models.close_names import hint_with_suggestion

ENTRY_POINT_GROUP: Final = "obrelease.importers"

BUILT_IN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "google-benchmark": "google_benchmark",
        "pytest-benchmark": "pytest_benchmark",
        "hyperfine": "hyperfine",
        "hlog": "hdr_histogram_log",
        "go": "go_benchfmt",
        "cargo-bench": "cargo_bench",
        "criterion": "criterion",
        "criterion-text": "criterion_text",
        "jmh": "jmh",
        "benchmark-dotnet": "benchmark_dotnet",
        "catch2": "catch2",
        "catch2-text": "catch2_text",
        "nanobench": "nanobench",
        "benchmark-js": "benchmark_js",
        "vitest": "vitest",
        "julia": "julia",
        "pyperf": "pyperf",
        "asv": "asv",
        "k6": "k6",
        "perf-stat": "perf_stat",
        "fio": "fio",
        "bencher": "bencher",
        "custom": "custom",
        "custom-smaller-is-better": "custom_smaller_is_better",
        "custom-bigger-is-better": "custom_bigger_is_better",
        "github-action-benchmark": "github_action_benchmark",
    }
)
"""The module of this package that has the importer of a format, as `IMPORTER`."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


def format_names() -> tuple[str, ...]:
    """The names of all formats: built-in ones in the order of the table, then plugins by name."""
    return (*BUILT_IN, *sorted(_plugins()))


def format_titles() -> dict[str, str]:
    """The names of all formats, each with its title; a plugin is not loaded and so has none."""
    return {name: _built_in(name).title if name in BUILT_IN else "" for name in format_names()}


def importer_named(name: str) -> Importer:
    """The importer of a format.

    Raises:
        UsageError: there is none of this name, or its plugin cannot be loaded.
    """
    if name in BUILT_IN:
        return _built_in(name)
    plugins = _plugins()
    if name not in plugins:
        known = (*BUILT_IN, *plugins)
        raise UsageError(
            f"unknown format {name[:80]!r}",
            hint=hint_with_suggestion(name, known, f"formats: {', '.join(known)}"),
        )
    return _load(plugins[name])


def detect_importer(source: Source) -> Importer:
    """The importer whose format the beginning of a file has.

    Raises:
        IncompleteInput: no format is recognised, and the file is JSON that is cut off.
        InvalidInput: no format is recognised, or more than one.
        UsageError: no format is recognised, and a plugin that might know it cannot be loaded.
    """
    found = _matching(source.head)
    if not found and source.size > HEAD_BYTES:
        found = _matching(source.beginning(LONG_HEAD_BYTES))
    failures: list[UsageError] = []
    if not found:
        found = list(_matching_plugins(lambda importer: _accepts(importer, source.head), failures))
    if not found and not source.size:
        raise source.error("is empty")
    if not found:
        _require_complete(source)
    return _only_one(found, failures, source, format_names())


def _require_complete(source: Source) -> None:
    """Refuse JSON that is cut off, whose format cannot be recognised; other errors are left to its reader."""
    if source.size <= LONG_HEAD_BYTES and source.head.begins_with(r"\s*[\[{]"):
        try:
            source.json()
        except IncompleteInput:
            raise
        except InvalidInput:
            pass


def _matching(head: FileHead) -> list[Importer]:
    return [each for name in BUILT_IN if (each := _built_in(name)).matches(head)]


def detect_folder_importer(folder: Folder) -> Importer:
    """The importer whose tool writes such a folder.

    Raises:
        InvalidInput: no format is recognised, or more than one.
        UsageError: no format is recognised, and a plugin that might know it cannot be loaded.
        StorageError: the folder cannot be listed.
    """
    found = [each for name in BUILT_IN if _accepts_folder(each := _built_in(name), folder)]
    failures: list[UsageError] = []
    if not found:
        found = list(_matching_plugins(lambda importer: _accepts_folder(importer, folder), failures))
    return _only_one(found, failures, folder, _folder_formats())


def read_folder_runs(importer: Importer, folder: Folder) -> Iterator[ToolRun]:
    """The runs that an importer reads in a folder, in the order of their commits.

    Raises:
        UsageError: the format has no folders.
        InvalidInput: a file is malformed, or the plugin of the format failed.
    """
    if importer.read_folder is None:
        raise UsageError(
            f"{folder.place}: the format {importer.name!r} has files, no folders",
            hint=f"import the files in it; formats of folders: {', '.join(_folder_formats())}",
        )
    try:
        yield from map(_within_limits, importer.read_folder(folder))
    except (ObreleaseError, MemoryError):
        raise
    except (Exception, SystemExit) as error:
        if importer.name in BUILT_IN:
            raise
        raise _plugin_failed(importer.name, folder, error) from error


def read_runs(importer: Importer, source: Source) -> Iterator[ToolRun]:
    """The runs that an importer reads in a file.

    Raises:
        InvalidInput: the file is malformed, or the plugin of its format failed on it.
    """
    if importer.name in BUILT_IN:
        try:
            yield from map(_within_limits, importer.read(source))
        except IncompleteInput:
            raise
        except InvalidInput as error:
            error.hint = _how_to_write(importer, source) or error.hint
            raise
        return
    try:
        yield from map(_within_limits, importer.read(source))
    except (ObreleaseError, MemoryError):
        raise
    except (Exception, SystemExit) as error:
        raise _plugin_failed(importer.name, source, error) from error


def _how_to_write(importer: Importer, source: Source) -> str | None:
    """A hint for a file that is not of the format at all, such as the table that a tool prints by default."""
    if importer.written_by is None or importer.matches(source.head):
        return None
    return f"{importer.written_by} makes the tool write this format"


def _within_limits(run: ToolRun) -> ToolRun:
    """The run with as many samples as an artefact holds; an importer may have done that itself."""
    limited = limit_samples(run.metrics)
    if not limited.notes:
        return run
    return replace(run, metrics=limited.metrics, notes=(*run.notes, *limited.notes))


def _built_in(name: str) -> Importer:
    module = import_module(f"obrelease.importers.{BUILT_IN[name]}")
    importer: Importer = module.IMPORTER
    return importer


def _plugins() -> dict[str, EntryPoint]:
    """The plugins by name; a plugin cannot take the name of a built-in format."""
    found = entry_points(group=ENTRY_POINT_GROUP)
    return {point.name: point for point in found if point.name not in BUILT_IN}


def _load(point: EntryPoint) -> Importer:
    try:
        importer = point.load()
    except (Exception, SystemExit) as error:
        raise UsageError(
            f"the importer plugin {point.name!r} ({point.value}) cannot be loaded: {error}",
            hint="update or remove the package that installs it",
        ) from error
    if not isinstance(importer, Importer) or importer.name != point.name or not _NAME.fullmatch(point.name):
        raise UsageError(
            f"the importer plugin {point.name!r} ({point.value}) is no Importer named {point.name!r}",
            hint="update or remove the package that installs it",
        )
    return importer


def _matching_plugins(matches: Callable[[Importer], bool], failures: list[UsageError]) -> Iterator[Importer]:
    """The plugins that recognise a file or folder; one that fails is noted and stops no other."""
    for point in _plugins().values():
        try:
            importer = _load(point)
            accepted = matches(importer)
        except UsageError as error:
            failures.append(error)
        else:
            if accepted:
                yield importer


def _only_one(
    found: Sequence[Importer], failures: Sequence[UsageError], what: Source | Folder, names: Sequence[str]
) -> Importer:
    if len(found) == 1:
        return found[0]
    hint = f"name it with --format; formats: {', '.join(names)}"
    if found:
        matching = ", ".join(each.name for each in found)
        raise what.error(f"may be of {len(found)} formats: {matching}", hint=hint)
    if failures:
        first = failures[0]
        raise UsageError(
            f"{what.place}: is of no format that is recognised; {first.message}", hint=first.hint
        )
    raise what.error("is of no format that is recognised", hint=hint)


def _accepts(importer: Importer, head: FileHead) -> bool:
    try:
        return bool(importer.matches(head))
    except (Exception, SystemExit) as error:
        raise _not_recognised(importer.name, head.name, error) from error


def _not_recognised(plugin: str, place: str, error: BaseException) -> UsageError:
    return UsageError(
        f"the importer plugin {plugin!r} failed to recognise {place}: {error}",
        hint="name the format with --format, or remove the package that installs the plugin",
    )


def _accepts_folder(importer: Importer, folder: Folder) -> bool:
    if importer.matches_folder is None:
        return False
    if importer.name in BUILT_IN:
        return importer.matches_folder(folder)
    try:
        return bool(importer.matches_folder(folder))
    except (Exception, SystemExit) as error:
        raise _not_recognised(importer.name, folder.place, error) from error


def _folder_formats() -> list[str]:
    return [name for name in BUILT_IN if _built_in(name).read_folder is not None]


def _plugin_failed(name: str, source: Source | Folder, error: BaseException) -> InvalidInput:
    return source.error(
        f"the importer plugin {name!r} failed: {type(error).__name__}: {error}",
        hint="report it to the author of the plugin",
    )

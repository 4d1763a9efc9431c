"""hyperfine's JSON (`--export-json FILE`): the wall time of each run of each command.

Format: github.com/sharkdp/hyperfine, seconds as floats. The file has neither facts of the
machine nor a date.

As version 1 of the artefact format imported it; see `version_1_formats`.
"""

from __future__ import annotations

from collections.abc import Iterator

from obrelease.importers.json_reader import Node, read_json
from obrelease.importers.time_units import to_nanoseconds
from obrelease.importers.version_1_import import ImportRequest, ToolResult, build_import, measurements_ns
from obrelease.models.artefact import UNKNOWN
from obrelease.models.artefact_draft import ArtefactDraft


def import_hyperfine(request: ImportRequest) -> ArtefactDraft:
    """Read one file, which is what one call of hyperfine measured.

    Raises:
        InvalidInput: not such a file, or a command that failed in a run.
    """
    document = read_json(request.data, request.name)
    result = ToolResult(
        tool="hyperfine",
        tool_version=UNKNOWN,
        scenario="hyperfine",
        measurements=measurements_ns(_series(document)),
    )
    return build_import(request, result, media_type="application/json", suffix=".json")


def _series(document: Node) -> Iterator[tuple[str, list[float]]]:
    for result in document.member("results").items():
        name = result.member("command").text()
        codes = result.member("exit_codes").items() if result.has("exit_codes") else iter(())
        if any(code.value != 0 for code in codes):
            raise result.error(f"command {name!r} failed: its times are meaningless")
        yield name, [to_nanoseconds(sample.number(), "s") for sample in result.member("times").items()]

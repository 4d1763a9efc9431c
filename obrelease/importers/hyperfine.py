"""hyperfine's JSON (`--export-json FILE`): the wall time of each run of each command.

Format: github.com/sharkdp/hyperfine, seconds as floats. The file tells nothing of the machine, nor
when it was written.
"""

from __future__ import annotations

from collections.abc import Iterator

from obrelease.importers.artefact_builder import (
    ImportRequest,
    ToolResult,
    draft,
    measurements_ns,
    nanoseconds,
)
from obrelease.importers.json_reader import Node, read_json
from obrelease.models.artefact import UNKNOWN, StableHost
from obrelease.models.artefact_draft import ArtefactDraft


def import_hyperfine(request: ImportRequest) -> ArtefactDraft:
    """Read one file, which is what one call of hyperfine measured.

    Raises:
        InvalidInput: not such a file, or a command that failed in a run.
    """
    document = read_json(request.data, request.name)
    found = ToolResult(
        tool="hyperfine",
        tool_version=UNKNOWN,
        scenario="hyperfine",
        stable=StableHost(system=UNKNOWN, machine=UNKNOWN, cpu_model=UNKNOWN, cpu_count=0, python="none"),
        measurements=measurements_ns(_series(document)),
    )
    return draft(request, found, media_type="application/json", suffix=".json")


def _series(document: Node) -> Iterator[tuple[str, list[float]]]:
    for result in document.at("results").items():
        name = result.at("command").text()
        codes = result.at("exit_codes").items() if result.has("exit_codes") else iter(())
        if any(code.value != 0 for code in codes):
            raise result.refusal(f"command {name!r} failed: its times are not those of its work")
        yield name, [nanoseconds(sample.number(), "s") for sample in result.at("times").items()]

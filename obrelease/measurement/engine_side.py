"""One run of the bundled engine from a source tree of this project, in a fresh process."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from typing import Final

from obrelease.errors import MeasurementFailed
from obrelease.measurement.process import Command, run_once
from obrelease.measurement.side_trees import SideTree
from obrelease.storage.operating_system import refuse_windows

LAUNCH: Final = """\
import sys
root = sys.argv.pop(1)
sys.path[:0] = [root, root + "/engine"]
import obengine, obrelease
for package in (obengine, obrelease):
    if not package.__file__.startswith(root):
        sys.exit("another installation came first: " + package.__file__)
from obrelease.cli.app import main
main()
"""
_MAX_ERROR_CHARACTERS: Final = 400


def run_from_tree(side: SideTree, arguments: Sequence[str]) -> str:
    """Run `obrelease run ...` of a tree, which records the run.

    Args:
        arguments: from `run` on; they must name the results folder.

    Returns:
        The artefact digest.

    Raises:
        MeasurementFailed: the run failed; earlier runs stay recorded.
    """
    words = (sys.executable, "-I", "-c", LAUNCH, str(side.folder), *arguments, "--json", "--quiet")
    if sys.platform == "win32":
        refuse_windows("a measurement")
    with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as errors:
        done = run_once(Command(words, side.folder), stdout=answer, stderr=errors)
        answer.seek(0)
        errors.seek(0)
        printed, reasons = answer.read(), errors.read().decode("utf-8", "replace")
    if done.code != 0:
        raise _failed(side.name, _last_line(reasons) or f"exit code {done.code}")
    try:
        return str(json.loads(printed)["run"]["digest"])
    except (ValueError, LookupError, TypeError) as error:
        raise _failed(side.name, "its output is not the JSON that this version reads") from error


def _failed(side: str, reason: str) -> MeasurementFailed:
    return MeasurementFailed(
        f"the {side} could not be measured: {reason}",
        hint="both revisions run in the same environment: the older one may need other options or libraries",
    )


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("hint:")]
    return lines[-1][:_MAX_ERROR_CHARACTERS] if lines else ""

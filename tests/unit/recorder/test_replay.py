"""Replays through the recorder: the sample, a user's own file, and files that are not there or not right."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from obengine.feeds.lobster_sample import write_lobster_sample
from obrelease.errors import InvalidInput, NotFound, UsageError
from obrelease.models.artefact import Producer
from obrelease.recorder.replay import record_replay
from obrelease.registry.check_folder import check_folder
from obrelease.registry.entry import Entry
from obrelease.registry.store import Registry

PRODUCER = Producer(name="obrelease", version="0.9")


def replay(results: Path, path: Path | None, *, passes: int = 1) -> Entry:
    return record_replay(
        Registry(results), path=path, core="reference", passes=passes, created_ns=1, producer=PRODUCER
    )


def test_the_sample_names_no_file(tmp_path: Path) -> None:
    entry = replay(tmp_path, None)
    artefact = Registry(tmp_path).load(entry)
    assert artefact.command == ("obrelease", "run", "replay", "--core", "reference", "--passes", "1")
    assert entry.scenario == "sample_2000-01-03"
    assert artefact.outcome is not None
    assert all(check.passed for check in artefact.outcome.checks)
    assert not check_folder(entry.folder).problems


def test_a_file_is_named_without_its_folder_and_covered_by_digest(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    path = write_lobster_sample(tmp_path / "data", rows=400)
    entry = replay(tmp_path / "results", path)
    artefact = Registry(tmp_path / "results").load(entry)
    assert artefact.command[3] == path.name
    assert artefact.workload is not None
    assert artefact.workload.source is not None
    assert artefact.workload.source.name == path.name
    assert artefact.parameters["companion-1-name"] == path.name.replace("message", "orderbook")
    assert len(str(artefact.parameters["companion-1-sha256"])) == 64
    assert str(tmp_path) not in (entry.folder / "artefact.json").read_text("utf-8")
    assert ET.fromstring((entry.folder / "depth.svg").read_bytes()).tag.endswith("svg")
    root = ET.fromstring((entry.folder / "touch.svg").read_bytes())
    assert root.tag.endswith("svg")


def test_a_name_like_an_option_is_written_as_a_path(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    path = write_lobster_sample(tmp_path / "data", rows=50)
    for file in sorted((tmp_path / "data").iterdir()):
        file.rename(file.with_name("-" + file.name))
    entry = replay(tmp_path / "results", path.with_name("-" + path.name))
    assert Registry(tmp_path / "results").load(entry).command[3] == f"./-{path.name}"


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"day\.zip"):
        replay(tmp_path / "results", tmp_path / "day.zip")
    assert not (tmp_path / "results").exists()


def test_a_malformed_row_is_named_by_file_line_and_column(tmp_path: Path) -> None:
    path = write_lobster_sample(tmp_path, rows=50)
    lines = path.read_text("ascii").splitlines()
    fields = lines[9].split(",")
    lines[9] = ",".join([*fields[:4], "=1+1", fields[5]])
    path.write_text("\n".join(lines) + "\n", "ascii")
    with pytest.raises(InvalidInput, match=rf"{path.name}:10:5: .*=1\+1"):
        replay(tmp_path / "results", path)
    assert not (tmp_path / "results").exists()


def test_no_passes_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="passes"):
        replay(tmp_path / "results", None, passes=0)

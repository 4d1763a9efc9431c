"""The journal: replaced whole, read strictly."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease.errors import InvalidInput, StorageError
from obrelease.models.plan import Plan, PlanStep
from obrelease.release.publish.journal import Journal


def plan(state: str = "pending") -> Plan:
    step = PlanStep.model_validate({"name": "tag", "state": state})
    return Plan(project="demo", tag="v1", commit="0" * 40, prerelease=False, runs=(), steps=(step,))


def test_a_saved_plan_is_read_back_and_nothing_else_stays(tmp_path: Path) -> None:
    journal = Journal.of(tmp_path / ".git", "v1")
    assert journal.load() is None
    for state in ("pending", "done"):
        journal.save(plan(state))
        assert journal.load() == plan(state)
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()] == [
        ".git/obrelease/v1/plan.json"
    ]


def test_a_tampered_plan_is_refused(tmp_path: Path) -> None:
    journal = Journal.of(tmp_path, "v1")
    journal.save(plan())
    journal.path.write_bytes(journal.path.read_bytes().replace(b'"pending"', b'"finished"'))
    with pytest.raises(InvalidInput, match="steps"):
        journal.load()


def test_a_broken_journal_is_an_error_with_a_hint(tmp_path: Path) -> None:
    journal = Journal.of(tmp_path, "v1")
    journal.path.parent.mkdir(parents=True)
    journal.path.write_text("{")
    with pytest.raises(InvalidInput, match=str(journal.path)) as broken:
        journal.load()
    assert "remove that file and start again" in (broken.value.hint or "")


def test_a_refusing_disk_is_named(tmp_path: Path) -> None:
    (tmp_path / "obrelease").write_bytes(b"")
    with pytest.raises(StorageError, match="cannot be written"):
        Journal.of(tmp_path, "v1").save(plan())

"""`bundle` and `publish` on a disk that fails, or in a process that is killed, at any change they make."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.disk_rig import ERRORS, Cells, built_library, kill, refuse, running_cells
from tests.unit.release.project import git, make_project


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cells]:
    folder = tmp_path_factory.mktemp("cells")
    git(make_project(folder / "template").root, "remote", "set-url", "origin", "../remote.git")
    with running_cells(built_library(folder), folder, ("publish", "bundle"), assets=5) as cells:
        yield cells


@pytest.mark.parametrize("command", ["bundle", "publish"])
def test_killed_at_twenty_changes(cells: Cells, command: str) -> None:
    """Bar: 0 bad in 20, spread over the whole run."""
    total = cells.total(command)
    assert total >= 40
    assert kill(cells, command, [1 + total * number // 20 for number in range(20)]) == 20


@pytest.mark.nightly
@pytest.mark.parametrize("command", ["bundle", "publish"])
def test_killed_at_every_change_and_two_hundred_times(cells: Cells, command: str) -> None:
    """Bar: 0 bad at every change, and in at least 200 kills."""
    total = cells.total(command)
    assert kill(cells, command, [1 + number % total for number in range(max(200, total))]) >= 200


@pytest.mark.parametrize("command", ["bundle", "publish"])
@pytest.mark.parametrize("error", ERRORS)
def test_some_changes_fail(cells: Cells, command: str, error: str) -> None:
    """Bar: a named error and exit code, 0 bad."""
    total = cells.total(command)
    first = 1 + ERRORS.index(error)
    assert refuse(cells, command, range(first, total + 1, max(1, total // 8)), [error]) >= 8


@pytest.mark.nightly
@pytest.mark.parametrize("command", ["bundle", "publish"])
@pytest.mark.parametrize("error", ERRORS)
def test_every_change_fails(cells: Cells, command: str, error: str) -> None:
    """Bar: every cell a named error and exit code, 0 bad."""
    total = cells.total(command)
    assert refuse(cells, command, range(1, total + 1), [error]) == total


def test_the_rig_sees_every_kind_of_change(cells: Cells) -> None:
    for call in ("open", "write", "fsync", "rename", "link", "unlink", "mkdir"):
        assert cells.tried("publish", 0, call=call)["changes"] > 0, call

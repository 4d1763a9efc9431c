"""The file of known changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease.errors import InvalidInput
from obrelease.models.known_changes import KNOWN_CHANGES_PATH, read_known_changes

HEAD = 'format = "obrelease.known-changes"\nversion = 1\n'


def write(root: Path, text: str) -> None:
    (root / KNOWN_CHANGES_PATH).parent.mkdir(exist_ok=True)
    (root / KNOWN_CHANGES_PATH).write_text(text)


def test_a_project_without_the_file_has_none(tmp_path: Path) -> None:
    assert read_known_changes(tmp_path).change == ()


def test_a_change_is_known_by_a_prefix_of_a_commit_in_its_range(tmp_path: Path) -> None:
    write(tmp_path, HEAD + '[[change]]\ncommit = "abcdef1"\nreason = "new allocator"\nmetric = "BM_*"\n')
    known = read_known_changes(tmp_path)
    assert known.reason_for("BM_Match", ("1" * 40, "abcdef1" + "0" * 33)) == "new allocator"
    assert known.reason_for("BM_Match", ("1" * 40,)) is None
    assert known.reason_for("other", ("abcdef1" + "0" * 33,)) is None


@pytest.mark.parametrize(
    "text",
    [
        HEAD + '[[change]]\ncommit = "abcdef1"\n',
        HEAD + '[[change]]\ncommit = "abc"\nreason = "x"\n',
        HEAD + '[[change]]\ncommit = "abcdef1"\nreason = ""\n',
        HEAD + '[[change]]\ncommit = "abcdef1"\nreason = "x"\nwhy = "y"\n',
        'format = "obrelease.gate-policy"\nversion = 1\n',
        "[[change",
    ],
)
def test_a_malformed_file_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    with pytest.raises(InvalidInput, match="known-changes"):
        read_known_changes(tmp_path)

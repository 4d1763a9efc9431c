"""`storage_errors`: which error, path and hint an `OSError` becomes."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from obrelease.errors import NotFound, StorageError, UsageError
from obrelease.storage.system_errors import HINTS, storage_errors


def test_the_message_has_path_problem_and_reason(tmp_path: Path) -> None:
    missing = tmp_path / "absent"
    with pytest.raises(StorageError) as caught, storage_errors(missing, "cannot be read"):
        missing.read_bytes()
    assert caught.value.message == f"{missing}: cannot be read: No such file or directory"


def test_a_path_below_the_folder_is_named_and_another_one_is_not(tmp_path: Path) -> None:
    inner = tmp_path / "folder" / "absent"
    for folder, named in ((tmp_path, inner), (tmp_path / "other", tmp_path / "other")):
        with pytest.raises(StorageError, match=f"^{named}: cannot be written"), storage_errors(folder):
            inner.read_bytes()


@pytest.mark.parametrize("kind", [NotFound, UsageError])
def test_a_missing_file_has_the_class_that_the_caller_wants(
    tmp_path: Path, kind: type[NotFound | UsageError]
) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "absent", tmp_path / "file" / "absent"):
        with pytest.raises(kind), storage_errors(path, missing=kind):
            path.read_bytes()
    with pytest.raises(StorageError, match="Is a directory"), storage_errors(tmp_path, missing=kind):
        tmp_path.read_bytes()


@pytest.mark.parametrize("number", sorted(HINTS))
def test_the_hint_depends_on_the_error_number_unless_given(tmp_path: Path, number: int) -> None:
    for given, expected in ((None, HINTS[number]), ("try again", "try again")):
        with pytest.raises(StorageError) as caught, storage_errors(tmp_path, hint=given):
            raise OSError(number, "reason")
        assert caught.value.hint == expected


def test_other_errors_pass_unchanged(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unrelated"), storage_errors(tmp_path):
        raise ValueError("unrelated")
    with pytest.raises(StorageError, match=r"^already ours$"), storage_errors(tmp_path):
        raise StorageError("already ours")
    assert errno.ENOENT not in HINTS

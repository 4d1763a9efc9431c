"""An extra is installed from where the program came from, never by a name that may be another project's."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from obrelease.installation import _requirement, install_extra
from tests.program import ROOT

COMMIT = "c" * 40


@pytest.mark.parametrize(
    ("record", "requirement"),
    [
        ({}, "obrelease[site]"),
        ({"url": 3}, "obrelease[site]"),
        ({"url": "file:///src/my%20copy", "dir_info": {"editable": True}}, "/src/my copy[site]"),
        (
            {"url": "https://example.org/o.git", "vcs_info": {"vcs": "git", "commit_id": COMMIT}},
            f"obrelease[site] @ git+https://example.org/o.git@{COMMIT}",
        ),
        (
            {"url": "file:///tmp/obrelease-1-py3-none-any.whl", "archive_info": {}},
            "obrelease[site] @ file:///tmp/obrelease-1-py3-none-any.whl",
        ),
    ],
)
def test_the_requirement_of_each_kind_of_installation(
    tmp_path: Path, record: dict[str, Any], requirement: str
) -> None:
    assert _requirement("site", record, tmp_path) == requirement


def test_a_checkout_is_named_by_its_folder() -> None:
    assert _requirement("site", {"url": "file:///elsewhere", "dir_info": {}}, ROOT) == f"{ROOT}[site]"


def test_the_command_is_one_that_a_shell_reads() -> None:
    words = shlex.split(install_extra("site"))
    assert words[:2] == ["pip", "install"]
    assert len(words) == 3
    assert words[2].startswith((str(ROOT), "obrelease[site]", "/"))

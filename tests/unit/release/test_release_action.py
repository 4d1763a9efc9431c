"""The action that a written workflow pins: what is a full commit, and what pip recorded about an install."""

from __future__ import annotations

from typing import Any

import pytest

from obrelease.release.release_action import (
    ReleaseAction,
    action_from_record,
    action_of_workflow,
    parse_action,
)

COMMIT = "0123456789abcdef0123456789abcdef01234567"
ACTION = ReleaseAction("owner/obrelease", COMMIT)
GIT: dict[str, Any] = {"vcs": "git", "commit_id": COMMIT}


def test_an_action_is_read_as_it_is_written() -> None:
    assert parse_action(str(ACTION)) == ACTION
    assert ACTION.uses == f"owner/obrelease/.github/actions/release@{COMMIT}"


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/owner/obrelease",
        "https://github.com/owner/obrelease.git",
        "ssh://git@github.com/owner/obrelease.git",
    ],
)
def test_an_install_from_a_commit_on_github_is_known(url: str) -> None:
    assert action_from_record({"url": url, "vcs_info": GIT}) == ACTION


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"url": "file:///somewhere/obrelease", "dir_info": {}},
        {"url": "file:///somewhere/obrelease", "dir_info": {"editable": True}},
        {"url": "https://example.org/obrelease.whl", "archive_info": {"hashes": {"sha256": "00"}}},
        {"url": "file:///somewhere/obrelease", "vcs_info": GIT},
        {"url": "http://github.com/owner/obrelease", "vcs_info": GIT},
        {"url": "https://github.com.example.org/owner/obrelease", "vcs_info": GIT},
        {"url": "https://example.org/owner/obrelease", "vcs_info": GIT},
        {"url": "https://github.com/owner/obrelease/more", "vcs_info": GIT},
        {"url": "https://[github.com/owner/obrelease", "vcs_info": GIT},
        {"url": "https://github.com/owner/obrelease", "vcs_info": {"vcs": "hg", "commit_id": COMMIT}},
        {"url": "https://github.com/owner/obrelease", "vcs_info": {"vcs": "git", "commit_id": "main"}},
        {"url": "https://github.com/owner/obrelease", "vcs_info": "git"},
        {"url": "https://github.com/owner/obrelease", "vcs_info": GIT, "subdirectory": "sub"},
    ],
)
def test_any_other_install_names_no_action(record: dict[str, Any]) -> None:
    assert action_from_record(record) is None


def test_a_workflow_names_its_action_if_all_steps_agree() -> None:
    step = f"        uses: {ACTION.uses}\n"
    assert action_of_workflow(f"a\n{step}b\n{step}") == ACTION
    assert action_of_workflow(step + step.replace(COMMIT, "f" * 40)) is None
    assert action_of_workflow(step.replace(COMMIT, "main")) is None
    assert action_of_workflow("") is None

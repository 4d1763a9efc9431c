"""Addresses of git remotes: those of hosts and outside folders pass, those that run something are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease.errors import UsageError
from obrelease.remote.git.push_address import checked_push_address

TREES = (Path("/tree/project"), Path("/tree/project/.git"))


@pytest.mark.parametrize(
    "address",
    [
        "git@github.com:owner/project.git",
        "github.com:owner/project.git",
        "ssh://git@github.com/owner/project.git",
        "ssh://git@github.com:22/owner/project.git",
        "https://github.com/owner/project.git",
        "https://user@github.com/owner/project.git",
        "../remote.git",
        "/tree/remote.git",
        "/tree/project2",
        "file:///tree/remote.git",
    ],
)
def test_hosts_and_folders_outside_of_the_tree_pass(address: str) -> None:
    assert checked_push_address(address, "origin", trees=TREES) == address


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("ext::sh -c id", "cannot be pushed to"),
        ("--upload-pack=id", "cannot be pushed to"),
        ("https://user:word@host/x", "password"),
        ("evil.git", "folder of this repository"),
        ("./evil.git", "folder of this repository"),
        ("./host:path", "folder of this repository"),
        ("sub/../evil.git", "folder of this repository"),
        ("../project/evil.git", "folder of this repository"),
        ("/tree/project", "folder of this repository"),
        ("file:///tree/project/evil.git", "folder of this repository"),
        ("file://localhost/tree/project/evil.git", "folder of this repository"),
    ],
)
def test_addresses_that_run_or_show_something_are_refused(address: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        checked_push_address(address, "origin", trees=TREES)

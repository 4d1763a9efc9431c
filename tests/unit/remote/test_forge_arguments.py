"""What a GitHub forge is made of: refused before anything is sent."""

from __future__ import annotations

import pytest

from obrelease.errors import UsageError
from obrelease.remote.github import GitHubForge


@pytest.mark.parametrize(
    "api",
    [
        "",
        "api.github.com",
        "http://api.github.com",
        "ftp://localhost",
        "https://user:secret-canary@host",
        "https://host?x=secret-canary",
        "https://host/#x",
        "https://[::1",
        "https://host:port",
        "file:///etc",
    ],
)
def test_the_api_is_reached_by_https_or_on_this_machine(api: str) -> None:
    with pytest.raises(UsageError) as caught:
        GitHubForge("owner/name", "token", api)
    assert "secret-canary" not in str(caught.value)


@pytest.mark.parametrize("token", ["", " ", "a b", "a\nHost: x", "ä", "a\0"])
def test_a_token_that_would_break_a_header_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(UsageError) as caught:
        GitHubForge("owner/name", token, "https://api.github.com")
    assert caught.value.hint


@pytest.mark.parametrize(
    "api", ["https://api.github.com", "https://ghe.example/api/v3", "http://localhost:4102"]
)
def test_ordinary_addresses_are_taken_and_the_token_is_not_shown(api: str) -> None:
    forge = GitHubForge("owner/name", "secret-canary", api)
    assert "secret-canary" not in repr(forge)
    assert forge.name == "github"

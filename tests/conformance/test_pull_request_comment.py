"""The comment on a pull request, against a GitHub on the loopback that checks every request."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease.cli.app import execute
from obrelease.errors import NotFound, UsageError
from obrelease.remote.github.client import Client, RequestRejected
from obrelease.remote.github.pull_request_comment import find_pull_request, inert_mentions, put_comment
from tests.loopback_github.running import REPOSITORY, quick_timing
from tests.loopback_github.server import TOKEN, LoopbackGitHub

COMMIT = "ab" * 20


def client(github: LoopbackGitHub) -> Client:
    return Client(github.api, TOKEN, quick_timing())


def put(github: LoopbackGitHub, text: str, *, silent: bool = False, name: str = "benchmarks") -> str:
    return put_comment(client(github), REPOSITORY, 7, text, name=name, silent=silent).state


def bodies(github: LoopbackGitHub) -> list[str]:
    return [comment["body"].partition("\n")[2] for comment in github.repository.comments]


def test_a_comment_is_made_once_and_then_updated(github: LoopbackGitHub) -> None:
    assert [put(github, text) for text in ("one", "two", "two")] == ["created", "updated", "unchanged"]
    assert bodies(github) == ["two"]


def test_nothing_to_report_makes_no_comment_and_updates_one(github: LoopbackGitHub) -> None:
    assert put(github, "same", silent=True) == "not needed"
    assert bodies(github) == []
    put(github, "worse")
    assert put(github, "same", silent=True) == "updated"
    assert bodies(github) == ["same"]


def test_other_comments_and_names_are_left_alone(github: LoopbackGitHub) -> None:
    github.repository.add_comment(7, "a review")
    github.repository.add_comment(7, "quoted:\n<!-- obrelease: benchmarks -->")
    put(github, "one")
    put(github, "other", name="memory")
    put(github, "two")
    assert [comment["body"].splitlines()[-1] for comment in github.repository.comments] == [
        "a review",
        "<!-- obrelease: benchmarks -->",
        "two",
        "other",
    ]


def test_the_comment_is_found_behind_a_full_page(github: LoopbackGitHub) -> None:
    for number in range(150):
        github.repository.add_comment(7, f"comment {number}")
    put(github, "one")
    assert put(github, "two") == "updated"
    assert len(github.repository.comments) == 151


def test_of_two_comments_made_at_once_the_older_stays(
    github: LoopbackGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Client.write

    def raced(self: Client, verb: str, path: str, body: dict[str, str] | None, status: int) -> object:
        if verb == "POST" and not github.repository.comments:
            github.repository.add_comment(7, "<!-- obrelease: benchmarks -->\nof another job")
        return write(self, verb, path, body, status)

    monkeypatch.setattr(Client, "write", raced)
    assert put(github, "mine") == "updated"
    assert bodies(github) == ["mine"]


def test_the_longest_comment_is_taken_and_a_longer_one_refused_before_a_request(
    github: LoopbackGitHub,
) -> None:
    room = 65_536 - len("<!-- obrelease: benchmarks -->\n")
    assert put(github, "x" * room) == "created"
    with pytest.raises(UsageError, match="65536"):
        put(github, "x" * (room + 1))


def test_a_pull_request_of_a_fork_is_found_by_its_head_at_one_commit(github: LoopbackGitHub) -> None:
    github.repository.add_pull_request(7, "somebody:feature", COMMIT)
    github.repository.add_pull_request(8, "somebody:other", COMMIT)
    assert find_pull_request(client(github), REPOSITORY, "somebody:feature", COMMIT) == 7
    assert find_pull_request(client(github), REPOSITORY, "somebody:feature", "cd" * 20) is None
    for head in ("feature", ":feature", "somebody:"):
        with pytest.raises(UsageError, match="OWNER:BRANCH"):
            find_pull_request(client(github), REPOSITORY, head, COMMIT)


def test_a_token_that_may_not_write_is_refused_by_github(github: LoopbackGitHub) -> None:
    github.repository.may_write = False
    with pytest.raises(RequestRejected):
        put(github, "one")
    assert bodies(github) == []


def test_mentions_in_a_text_of_a_fork_are_inert() -> None:
    assert "@" not in inert_mentions("thanks @octocat and @org/team")


def test_the_command_posts_the_file(
    github: LoopbackGitHub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in (("REPOSITORY", REPOSITORY), ("API", github.api), ("TOKEN", TOKEN)):
        monkeypatch.setenv(f"OBRELEASE_{name}", value)
    (tmp_path / "report.md").write_text("### 1 worse\n\nmore from @somebody\n")
    (tmp_path / "same.md").write_text("Benchmarks: 4 same\n")
    github.repository.add_pull_request(7, "somebody:feature", COMMIT)
    assert execute(["comment", "same.md", "--pull-request", "7"]) == 0
    assert capfd.readouterr().out == "not needed\n"
    assert execute(["comment", "report.md", "--head", "somebody:feature", "--commit", COMMIT]) == 0
    assert capfd.readouterr().out.startswith("created https://")
    assert bodies(github) == ["### 1 worse\n\nmore from &#64;somebody\n"]
    assert execute(["comment", "report.md", "--head", "nobody:x", "--commit", COMMIT]) == NotFound.exit_code
    assert execute(["comment", "report.md"]) == UsageError.exit_code

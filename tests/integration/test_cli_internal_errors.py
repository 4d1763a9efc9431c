"""An internal error of the program: exit code 70, one JSON document, and a traceback for the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, NoReturn

import pytest

from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from obrelease.release.publish import publish_release
from tests.unit.release.project import make_project

MESSAGE: Final = "internal error: ZeroDivisionError: a \x1b[31m\nseeded one"
COMMAND: Final = ("publish", "v0.9-beta")


@pytest.fixture(autouse=True)
def seeded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def create_plan(*args: object, **options: object) -> NoReturn:
        raise ZeroDivisionError("a \x1b[31m\nseeded one")

    monkeypatch.chdir(make_project(tmp_path).root)
    monkeypatch.setattr(publish_release, "create_plan", create_plan)


def test_under_json_it_is_one_document_and_the_traceback_is_on_stderr(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert execute([*COMMAND, "--json"]) == ExitCode.INTERNAL
    out, err = capsys.readouterr()
    error = json.loads(out)["error"]
    assert (error["code"], error["name"], error["message"]) == (70, "INTERNAL", MESSAGE)
    assert "report it" in error["hint"]
    assert err.startswith("Traceback (most recent call last):\n")
    assert "in create_plan\n" in err


def test_the_message_is_last_and_no_escape_sequence_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute([*COMMAND, "--quiet"]) == ExitCode.INTERNAL
    out, err = capsys.readouterr()
    assert (out, "\x1b" in err) == ("", False)
    said = err[err.index("\nerror: ") + 1 :].splitlines()
    assert [line.partition(": ")[0] for line in said] == ["error", "seeded one", "hint"]

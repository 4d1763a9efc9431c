"""Messages about a command line that the parser refused."""

from __future__ import annotations

import pytest

from obrelease.cli.app import execute
from obrelease.errors import ExitCode


def test_an_unknown_format_is_named_without_a_prefix(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["import", "--format", "foo", "x.json"]) == ExitCode.USAGE
    assert "error: unknown format 'foo'" in capsys.readouterr().err

"""A benchmark of the settings, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from obrelease.errors import UsageError
from obrelease.measurement.benchmark import (
    Benchmark,
    command_text,
    command_words,
    read_benchmark,
    shown_command,
    split_words,
)

FULL: dict[str, Any] = {
    "run": ["./bench", "--out={output}"],
    "build": "make bench",
    "format": "google-benchmark",
    "files": "out/*.json",
    "environment": {"OMP_NUM_THREADS": "1"},
    "runs": 8,
    "executions": 3,
}


def test_every_key_is_read() -> None:
    found = read_benchmark("parse", FULL, "pyproject.toml")
    assert found == Benchmark(
        "parse",
        ("./bench", "--out={output}"),
        build="make bench",
        format="google-benchmark",
        files=("out/*.json",),
        environment={"OMP_NUM_THREADS": "1"},
        runs=8,
        executions=3,
    )
    assert not found.has_shell
    assert read_benchmark("parse", {"run": "./bench"}, "x").runs == 6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"run": ""}, "the command is empty"),
        ({"run": []}, "the command is empty"),
        ({"run": 3}, "`run` must be text or a list of texts"),
        ({"run": ["a", 1]}, "`run` must be text or a list of texts"),
        ({"build": {}}, "`build` must be text or a list of texts"),
        ({"format": 1}, "`format` must be text"),
        ({"files": [1]}, "`files` must be text or a list of texts"),
        ({"environment": {"A": 1}}, "`environment` must be a table of texts"),
        ({"environment": {"A=B": "1"}}, "cannot be an environment variable"),
        ({"environment": []}, "`environment` must be a table of texts"),
        ({"runs": "6"}, "`runs` must be a whole number"),
        ({"runs": True}, "`runs` must be a whole number"),
        ({"runs": 0}, "`runs` must be at least 1"),
        ({"runs": 101}, "--runs is from 1 to 100"),
        ({"executions": 1001}, "--executions is from 1 to 1000"),
        ({"warmup": 1}, "unknown key 'warmup'"),
        ({"format": None}, "results files need a format"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(change: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_benchmark("parse", FULL | change, "pyproject.toml")
    assert refused.value.message.startswith("pyproject.toml: [tool.obrelease.benchmark.parse]")
    assert message in refused.value.message


@pytest.mark.parametrize("table", [None, "make", 3, []])
def test_what_is_no_table_is_refused(table: object) -> None:
    with pytest.raises(UsageError, match="is not a table"):
        read_benchmark("parse", table, "pyproject.toml")
    with pytest.raises(UsageError, match="has no `run`"):
        read_benchmark("parse", {}, "pyproject.toml")


def test_a_text_is_run_by_a_shell_and_words_are_not() -> None:
    assert command_words("a | b", "bash") == ("bash", "-c", "a | b")
    assert command_words(("a", "b c"), "bash") == ("a", "b c")
    assert command_text(("a", "b c")) == "a 'b c'"
    assert split_words("a 'b c'") == ("a", "b c")
    with pytest.raises(UsageError, match="divided into words"):
        split_words("a 'b")


def test_a_long_command_is_shortened_inside_its_quotes() -> None:
    shown = shown_command("python3 -c '" + "x" * 200)
    assert shown.startswith('"python3')
    assert shown.endswith('..."')
    assert len(shown) == 162
    assert shown_command(("./bench", "a b")) == "\"./bench 'a b'\""

"""Streams, exit codes and results are the same in every environment that the program may be started in."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from obrelease.errors import ExitCode
from obrelease.storage.hashing import digest_file
from tests.program import START, import_path
from tests.unit.release.project import make_project

UNSET: Final = "<unset>"
ENVIRONMENTS: Final[Mapping[str, Mapping[str, str]]] = {
    "plain": {},
    "unbuffered, seeded hashes": {"PYTHONUNBUFFERED": "1", "PYTHONHASHSEED": "7"},
    "optimised": {"PYTHONOPTIMIZE": "2"},
    "warnings are errors": {"PYTHONWARNINGS": "error", "PYTHONDEVMODE": "1"},
    "C locale, no colour": {"LC_ALL": "C", "LANG": UNSET, "NO_COLOR": "1"},
    "POSIX locale, ASCII": {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "narrow, forced colour, absent home": {"COLUMNS": "20", "FORCE_COLOR": "1", "HOME": "/nonexistent"},
    "far time zone, private umask, dumb terminal": {
        "TZ": "Pacific/Kiritimati",
        "UMASK": "077",
        "TERM": "dumb",
    },
    "no home": {"HOME": UNSET},
    "read-only home": {"HOME": "/proc", "XDG_CACHE_HOME": "/proc", "XDG_CONFIG_HOME": "/proc"},
}
"""What each environment adds to an empty one. Nobody, not even root, can make a file in `/proc`."""

BENCH: Final = (
    "run",
    "bench",
    "--core",
    "reference",
    "--messages",
    "60",
    "--passes",
    "1",
    "--results",
    "kept",
    "--json",
    "-q",
)

BUNDLE: Final = ("bundle", "v0.9-beta", "--output", "out", "-q")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one process gave."""

    code: int
    out: str
    err: str


def without_color(answer: Answer) -> Answer:
    """The answer without the colours that `FORCE_COLOR` asks for, and without the shapes of its marks.

    A JSON document has neither: it is compared as it is.
    """
    is_json = answer.out.startswith("{")
    out, err = (re.sub(r"\x1b\[[\d;]*m|\\u2713 |\\u2717 |~ ", "", text) for text in (answer.out, answer.err))
    return Answer(answer.code, answer.out if is_json else out, err)


@dataclass(frozen=True, slots=True, eq=False)
class Shell:
    """A prepared project, and the environment in which the program is started there."""

    folder: Path
    env: Mapping[str, str]
    umask: str

    def run(self, *words: str, redirection: str = "") -> Answer:
        """Run `obrelease WORDS REDIRECTION` as a shell does; what it printed names the folder as `.`."""
        line = f'umask {self.umask}; "$@" {redirection}; exit "${{PIPESTATUS[0]}}"'
        done = subprocess.run(
            ["bash", "-c", line, "bash", sys.executable, "-c", START, *words],
            cwd=self.folder,
            env=dict(self.env),
            capture_output=True,
            check=False,
        )
        out, err = (
            text.decode("ascii", "backslashreplace").replace(str(self.folder), ".")
            for text in (done.stdout, done.stderr)
        )
        return Answer(done.returncode, out, err)


MakeShell = Callable[[str], Shell]


def in_each_environment(*rows: object, every: int, first: int = 0) -> list[Any]:
    """All pairs of an environment and a row; one pair in `every` on each push, all of them nightly.

    If there are at least `every` rows, each environment and each row is in the part of each push.
    """
    return [
        pytest.param(
            environment,
            row,
            marks=() if (number + place) % every == first else pytest.mark.nightly,
            id=f"{environment}-{' '.join(map(str, row)) if isinstance(row, tuple) else row}",
        )
        for number, environment in enumerate(ENVIRONMENTS)
        for place, row in enumerate(rows)
    ]


@pytest.fixture(scope="module")
def make_shell(tmp_path_factory: pytest.TempPathFactory) -> MakeShell:
    template = make_project(tmp_path_factory.mktemp("template")).root
    shared = tmp_path_factory.mktemp("shared")

    @cache
    def make(name: str) -> Shell:
        base = tmp_path_factory.mktemp("environment")
        (base / "home").mkdir()
        shutil.copytree(template, base / "project", symlinks=True)
        settings = {"PATH": os.environ["PATH"], "HOME": str(base / "home"), "LANG": "C.UTF-8"}
        settings |= {
            "PYTHONPATH": import_path(),
            "TMPDIR": str(base),
            "PYTHONPYCACHEPREFIX": os.environ.get("PYTHONPYCACHEPREFIX", str(shared / "compiled")),
        }
        settings |= {} if "HOME" in ENVIRONMENTS[name] else {"MPLCONFIGDIR": str(shared / "matplotlib")}
        settings |= ENVIRONMENTS[name]
        umask = settings.pop("UMASK", "022")
        env = {key: value for key, value in settings.items() if value != UNSET}
        return Shell(base / "project", env, umask)

    return make


@pytest.fixture
def plain(make_shell: MakeShell) -> Shell:
    return make_shell("plain")


@pytest.fixture
def shell(request: pytest.FixtureRequest, make_shell: MakeShell) -> Shell:
    return make_shell(request.param)


@cache
def plain_answer(plain: Shell, *words: str) -> Answer:
    return plain.run(*words)


@pytest.mark.parametrize(
    ("shell", "words"),
    in_each_environment(("--help",), ("run", "bench", "--help"), every=2),
    indirect=["shell"],
)
def test_help(shell: Shell, plain: Shell, words: tuple[str, ...]) -> None:
    answer = shell.run(*words)
    assert (answer.code, answer.err) == (ExitCode.OK, "")
    shown = without_color(answer).out.replace("\\\n", "")
    assert "".join(shown.split()) == "".join(plain_answer(plain, *words).out.split())


@pytest.mark.parametrize(
    ("shell", "words"),
    in_each_environment(
        ("show", "--nonsense", "--json"),
        ("list", "--json"),
        ("show", "latest"),
        ("validate",),
        ("schema", "check"),
        every=2,
    ),
    indirect=["shell"],
)
def test_answers(shell: Shell, plain: Shell, words: tuple[str, ...]) -> None:
    wanted = plain_answer(plain, *words)
    assert wanted.code == (ExitCode.USAGE if "--nonsense" in words else ExitCode.OK)
    assert without_color(shell.run(*words)) == wanted


@pytest.mark.parametrize(("shell", "words"), in_each_environment(BENCH, every=2, first=0), indirect=["shell"])
def test_a_run_has_the_same_events(shell: Shell, plain: Shell, words: tuple[str, ...]) -> None:
    answer, wanted = shell.run(*words), plain_answer(plain, *words)
    assert (answer.code, answer.err) == (wanted.code, wanted.err) == (ExitCode.OK, "")
    digests = [json.loads(each.out)["run"]["events_digest"] for each in (answer, wanted)]
    assert digests[0] == digests[1]


@pytest.mark.parametrize(
    ("shell", "words"), in_each_environment(BUNDLE, every=2, first=1), indirect=["shell"]
)
def test_a_bundle_has_the_same_bytes(shell: Shell, plain: Shell, words: tuple[str, ...]) -> None:
    assert bundle_digests(shell, *words) == plain_bundle(plain, *words)


def bundle_digests(shell: Shell, *words: str) -> dict[str, tuple[str, int]]:
    shutil.rmtree(shell.folder / "out", ignore_errors=True)
    assert shell.run(*words).code == ExitCode.OK
    return {path.name: digest_file(path) for path in sorted((shell.folder / "out").iterdir())}


plain_bundle = cache(bundle_digests)


@pytest.mark.parametrize(
    ("shell", "row"),
    in_each_environment(
        ("--version", ">/dev/full", "No space left on device"),
        ("--help", ">/dev/full", "No space left on device"),
        ("--show-completion bash", ">/dev/full", "No space left on device"),
        ("list --json", ">&-", "Bad file descriptor"),
        every=4,
    ),
    indirect=["shell"],
)
def test_a_stdout_that_cannot_be_written(shell: Shell, row: tuple[str, str, str]) -> None:
    words, redirection, reason = row
    wanted = f"error: standard output: cannot be written: {reason}\n"
    answer = without_color(shell.run(*words.split(), redirection=redirection))
    assert answer == Answer(ExitCode.STORAGE, "", wanted)


@pytest.mark.parametrize(
    ("shell", "redirection"), in_each_environment("2>/dev/full", "2>&-", every=2), indirect=["shell"]
)
def test_a_stderr_that_cannot_be_written(shell: Shell, redirection: str) -> None:
    answer = shell.run("show", "absent", "--json", redirection=redirection)
    assert (answer.code, json.loads(answer.out)["error"]["code"]) == (ExitCode.NOT_FOUND, ExitCode.NOT_FOUND)


@pytest.mark.parametrize(("shell", "redirection"), in_each_environment("| true", every=2), indirect=["shell"])
def test_a_reader_that_leaves_early(shell: Shell, redirection: str) -> None:
    assert shell.run("--help", redirection=redirection) == Answer(ExitCode.OK, "", "")

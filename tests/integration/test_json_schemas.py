"""The schemas of what `--json` prints: one for each command, and the real output of the commands fits."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import pytest

from obrelease.cli.app import execute
from tests.command_tree import leaf_commands
from tests.program import ROOT
from tests.unit.release.project import git

SCHEMAS: Final = ROOT / "schemas" / "output"
DIGESTS: Final = "DIGEST-OF-BASE DIGEST-OF-HEAD"
COMMANDS: Final = (
    "init",
    "doctor",
    "help list",
    "schema export --schemas exported",
    "schema check --schemas exported",
    "run scenarios",
    "import base.json --scenario parsing",
    "import head.json --scenario parsing",
    "run bench --messages 200 --passes 1 --core reference --no-pictures",
    "run replay --passes 1",
    "reproduce latest",
    "plot latest --output .",
    "list",
    "list --figures",
    "show latest",
    f"diff {DIGESTS} --same-host",
    "gate --policy policy.toml --base DIGEST-OF-BASE --head DIGEST-OF-HEAD --same-host",
    f"report {DIGESTS} --same-host",
    "history parse",
    "changes",
    "pin first latest",
    "validate",
    "fsck",
    "reindex",
    "gc",
    "measure --runs 1 --executions 1 -- sleep 0.01",
    "query 'SELECT count(*) AS runs FROM runs'",
    "export --parquet tables",
    "site build --to site",
    "crate latest --to crate --license MIT",
    "remote add shared oci://127.0.0.1:1/runs",
    "remote list",
    "sweep plan",
    "sweep run",
    "sweep status",
    "sweep collect",
    "tag v0.1",
    "bundle v0.1 --output dist",
    "publish v0.1",
    "verify v0.1",
)
"""Command lines that succeed one after the other in a new project."""

SLOW: Final = (
    "run stress --core reference --passes 1 --rate 1000000",
    "run architectures --seeds 1 --passes 1 --messages 200",
    "run profile --messages 200 --profiler cprofile",
)
ELSEWHERE: Final = {"comment", "pull", "push", "site serve", "sweep submit", "sync"}
"""These need a server; the documents of a stand-in are checked in `test_shapes_of_servers`."""

FILES: Final = {
    "base.json": json.dumps([{"name": "parse", "unit": "ms", "value": 10}]),
    "head.json": json.dumps([{"name": "parse", "unit": "ms", "value": 11}]),
    "policy.toml": 'format = "obrelease.gate-policy"\nversion = 1\n[[metric]]\nname = "*"\n',
    "sweep.toml": 'format = "obrelease.sweep"\nversion = 1\nname = "small"\n'
    '[bench]\nscenarios = ["baseline"]\nmessages = [200]\npasses = 1\n',
    ".gitignore": "exported/\ncrate/\ntables/\nsite/\nsweep-small/\ndist/\nmpl/\n",
}


def schema_of(name: str) -> dict[str, Any]:
    file = SCHEMAS / f"{name.replace(' ', '-')}.schema.json"
    document: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return document


def require_fits(name: str, document: Any) -> None:
    """Raise what is wrong with a document, and where."""
    validator = jsonschema_rs.Draft202012Validator(schema_of(name))
    problems = [f"{list(error.instance_path)}: {error.message}" for error in validator.iter_errors(document)]
    assert not problems, f"{name}: " + "\n".join(problems)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A repository with two results of another tool; the commands are run in it in order."""
    root = tmp_path_factory.mktemp("shapes")
    (root / "home").mkdir()
    git(root, "init", "-q", "-b", "main")
    for key, value in (("user.name", "t"), ("user.email", "t@example.org"), ("commit.gpgsign", "false")):
        git(root, "config", key, value)
    for name, text in FILES.items():
        (root / name).write_text(text, "utf-8")
    git(root, "add", *FILES)
    git(root, "commit", "-qm", "A project")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.setenv("HOME", str(root / "home"))
        patch.setenv("MPLCONFIGDIR", str(root / "mpl"))
        yield root


def document_of(command: str, capsys: pytest.CaptureFixture[str]) -> Any:
    """What a command prints under `--json`; a check that answers no has a document as well."""
    capsys.readouterr()
    words = shlex.split(command)
    code = execute(["--json", *words])
    shown = capsys.readouterr()
    document = json.loads(shown.out)
    assert "error" not in document, f"{command}: exit code {code}: {shown.err}"
    return document


def name_of(command: str) -> str:
    """The words of a command line that name its command."""
    words = command.split()
    names = {name for name, _ in leaf_commands()}
    return " ".join(words[:2]) if " ".join(words[:2]) in names else words[0]


def test_every_command_is_tried_and_has_a_schema() -> None:
    names = {name for name, _ in leaf_commands()}
    assert {name_of(command) for command in (*COMMANDS, *SLOW)} | ELSEWHERE == names
    assert {path.name.removesuffix(".schema.json") for path in SCHEMAS.iterdir()} == {
        *(name.replace(" ", "-") for name in names),
        "error",
    }


def test_the_output_of_the_commands_fits(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    digests: list[str] = []
    for command in COMMANDS:
        if command == "tag v0.1":
            git(project, "add", "-A")
            git(project, "commit", "-qm", "Runs")
        line = command
        for place, digest in zip(DIGESTS.split(), digests, strict=False):
            line = line.replace(place, digest)
        document = document_of(line, capsys)
        require_fits(name_of(command), document)
        if command.startswith("import "):
            digests.append(document["runs"][0]["run"]["digest"])


@pytest.mark.nightly
@pytest.mark.parametrize("command", SLOW)
def test_the_output_of_slow_commands_fits(
    command: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    require_fits(name_of(command), document_of(command, capsys))


def test_an_error_fits(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["--json", "show", "absent"]) != 0
    require_fits("error", json.loads(capsys.readouterr().out))


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("comment", {"state": "created", "address": "https://example.org/pull/1#issuecomment-1"}),
        ("comment", {"state": "nothing to say", "address": None}),
        ("site serve", {"address": "http://127.0.0.1:8000/"}),
    ],
)
def test_shapes_of_servers(name: str, document: Any) -> None:
    require_fits(name, document)


@pytest.mark.parametrize("name", sorted({name for name, _ in leaf_commands()}))
def test_another_document_does_not_fit(name: str) -> None:
    with pytest.raises(AssertionError, match=r"required|anyOf"):
        require_fits(name, {})
    with pytest.raises(AssertionError, match=r"not of type|anyOf"):
        require_fits(name, [])

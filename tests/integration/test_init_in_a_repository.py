"""`obrelease init` in repositories of every sort: what it writes, and what it leaves alone."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from obrelease.analysis.comparison.gate_policy import read_gate_policy
from obrelease.cli.app import execute
from obrelease.cli.console.settings import load
from obrelease.errors import ExitCode
from obrelease.models.project_name import project_name
from obrelease.models.release_policy import read_release_policy
from obrelease.registry.layout import IGNORED_BY_GIT, IGNORED_WITHOUT_INIT
from obrelease.release.init_project import BESIDE, GATE, POLICY, WORKFLOW
from tests.unit.release.project import git
from tests.workflows.linters import complaints

ACTION = f"owner/obrelease@{'ab' * 20}"
PYTHON = '[project]\nname = "Quick Sort"\n\n[tool.other]\nkey = 1  # kept'


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository, entered; no setting of the machine counts."""
    for name in ("RESULTS", "FORGE", "RELEASES", "REMOTE", "REPOSITORY", "PROJECT", "SCHEMAS", "API"):
        monkeypatch.delenv(f"OBRELEASE_{name}", raising=False)
    root = tmp_path / "Fast Lib"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch=main")
    monkeypatch.chdir(root)
    return root


def init(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    """Run the command with a pinned action; the answer as JSON."""
    capsys.readouterr()
    code = execute(["init", "--json", "--quiet", "--action", ACTION, *options])
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    answer = json.loads(out)
    assert isinstance(answer, dict)
    return answer


def states(answer: dict[str, Any]) -> dict[str, str]:
    return {file["path"]: file["state"] for file in answer["files"]}


def everything(root: Path) -> dict[str, bytes]:
    files = (
        path for path in root.rglob("*") if path.is_file() and ".git" not in path.relative_to(root).parts
    )
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def refusal(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """The words of a refusal, which writes nothing on stdout."""
    capsys.readouterr()
    assert execute(["init", *options]) == ExitCode.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert "hint: " in err
    return err


def test_a_project_of_another_language_gets_a_settings_file_of_its_own(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "Cargo.toml").write_text("[package]\n")
    answer = init(capsys)
    assert states(answer) == {
        ".github/gate-policy.toml": "new",
        ".github/release-policy.toml": "new",
        ".github/workflows/benchmarks-release.yml": "new",
        "obrelease.toml": "new",
        "results/.gitattributes": "new",
        "results/.gitignore": "new",
    }
    assert not (root / "pyproject.toml").exists()
    settings = load({}, start=root, environ={})
    assert (settings.root, settings.name) == (root, "fast-lib")
    assert read_release_policy((root / POLICY).read_bytes(), POLICY).project == "fast-lib"
    assert [metric.name for metric in read_gate_policy(root / GATE).metric] == ["*"]
    assert (root / "obrelease.toml").stat().st_mode & 0o777 == 0o644


def test_a_python_project_gets_a_table_and_keeps_every_other_byte(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "pyproject.toml").write_text(PYTHON)
    assert states(init(capsys))["pyproject.toml"] == "added"
    text = (root / "pyproject.toml").read_text()
    assert text.startswith(PYTHON + "\n\n[tool.obrelease]\n")
    assert tomllib.loads(text)["tool"]["obrelease"] == {"project": "quick-sort"}
    assert not (root / "obrelease.toml").exists()


def test_windows_line_ends_stay(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "pyproject.toml").write_bytes(PYTHON.replace("\n", "\r\n").encode())
    init(capsys)
    data = (root / "pyproject.toml").read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n")
    assert states(init(capsys))["pyproject.toml"] == "same"


@pytest.mark.parametrize("pyproject", [None, PYTHON])
def test_a_second_run_changes_nothing(
    root: Path, capsys: pytest.CaptureFixture[str], pyproject: str | None
) -> None:
    if pyproject is not None:
        (root / "pyproject.toml").write_text(pyproject)
    init(capsys)
    before = everything(root)
    assert set(states(init(capsys)).values()) == {"same"}
    assert set(states(init(capsys, "--force")).values()) == {"same"}
    assert everything(root) == before


def test_rules_for_git_that_came_with_the_index_are_replaced(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "results").mkdir()
    (root / "results" / ".gitignore").write_text(IGNORED_WITHOUT_INIT)
    assert states(init(capsys))["results/.gitignore"] == "replaced"
    assert (root / "results" / ".gitignore").read_text() == IGNORED_BY_GIT


def test_a_dry_run_writes_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = init(capsys, "--dry-run")
    assert answer["dry_run"] is True
    assert set(states(answer).values()) == {"new"}
    assert everything(root) == {}


def test_what_the_user_changed_is_kept_until_force(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = '[tool.obrelease]\nproject = "mine"\nforge = "github"\n\n[tool.z]\na = 1\n'
    (root / "pyproject.toml").write_text(own)
    init(capsys)
    (root / WORKFLOW).write_text("name: mine\n")
    before = everything(root)
    kept = states(init(capsys))
    assert (kept["pyproject.toml"], kept[WORKFLOW], kept[POLICY]) == ("kept", "kept", "same")
    assert everything(root) == before
    forced = states(init(capsys, "--force"))
    assert (forced["pyproject.toml"], forced[WORKFLOW]) == ("replaced", "replaced")
    document = tomllib.loads((root / "pyproject.toml").read_text())
    assert document["tool"] == {"obrelease": {"project": "mine"}, "z": {"a": 1}}


@pytest.mark.parametrize("own", ["", "[tool.obrelease]\nforge = 'github'\n\n"])
def test_benchmarks_of_the_settings_are_kept(
    root: Path, capsys: pytest.CaptureFixture[str], own: str
) -> None:
    benchmark = '[tool.obrelease.benchmark.parser]\nrun = "./bench"\n'
    (root / "obrelease.toml").write_text(own + benchmark)
    assert states(init(capsys, *(["--force"] if own else [])))["obrelease.toml"] in {"added", "replaced"}
    table = tomllib.loads((root / "obrelease.toml").read_text())["tool"]["obrelease"]
    assert table == {"project": "fast-lib", "benchmark": {"parser": {"run": "./bench"}}}
    assert states(init(capsys))["obrelease.toml"] == "same"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.obrelease\n", "not valid TOML"),
        ("tool = 1\n", "not a table"),
        ('tool.obrelease.project = "x"\n', "not a separate table"),
        ('[tool.obrelease]\nproject = "x"\n\nforge = "github"\n', "changing other settings"),
        ('s = """\n[tool.obrelease]\n"""\ntool.obrelease.forge = "github"\n', "changing other settings"),
    ],
)
def test_settings_that_cannot_be_changed_safely_are_refused_whole(
    root: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    (root / "pyproject.toml").write_text(text)
    assert said in refusal(capsys, "--force")
    assert everything(root) == {"pyproject.toml": text.encode()}


def test_nothing_is_written_through_a_link_or_outside(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (root / ".github").symlink_to(tmp_path / "elsewhere")
    assert "symbolic link" in refusal(capsys)
    (root / ".github").unlink()
    assert "inside the repository" in refusal(capsys, "--results", str(tmp_path / "elsewhere"))
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert everything(root) == {}


def test_a_folder_that_is_no_repository_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert execute(["init"]) == ExitCode.NOT_FOUND
    assert "git init" in capsys.readouterr().err


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "owner/obrelease",
        "owner/obrelease@main",
        "owner/obrelease@v1.0",
        "owner/obrelease@abababa",
        f"owner/obrelease@{'AB' * 20}",
        f"owner/obrelease@{'ab' * 32}",
        f"owner/..@{'ab' * 20}",
        f"-x/obrelease@{'ab' * 20}",
        f"owner/obrelease/x@{'ab' * 20}",
        f"owner/obrelease@{'ab' * 20} # x",
        f"owner/obrelease@{'ab' * 20}\n",
        f"owner/obre\nlease@{'ab' * 20}",
        "obrelease==1.0",
    ],
)
def test_an_action_that_is_not_a_full_commit_is_refused(
    root: Path, capsys: pytest.CaptureFixture[str], spec: str
) -> None:
    assert "pinned action" in refusal(capsys, "--action", spec)
    assert everything(root) == {}


def test_the_written_workflow_passes_every_linter(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    init(capsys)
    assert complaints(root / WORKFLOW) == []


def test_the_written_workflow_runs_the_pinned_action_and_installs_nothing_itself(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init(capsys)["action"] == ACTION
    text = (root / WORKFLOW).read_text()
    assert text.count(f"uses: owner/obrelease/.github/actions/release@{'ab' * 20}\n") == 3
    assert "pip" not in text
    assert "0" * 40 not in text


def init_without_action(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[dict[str, Any], str]:
    """Run the command without `--action`; the answer and the warnings."""
    capsys.readouterr()
    assert execute(["init", "--json", "--quiet", *options]) == 0
    out, err = capsys.readouterr()
    answer = json.loads(out)
    assert isinstance(answer, dict)
    return answer, err


def test_without_a_known_commit_the_workflow_fails_with_a_message(
    root: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    answer, warning = init_without_action(capsys)
    assert answer["action"] is None
    assert "--action OWNER/REPO@COMMIT" in warning
    assert complaints(root / WORKFLOW) == []
    (job,) = yaml.safe_load((root / WORKFLOW).read_text())["jobs"].values()
    (step,) = job["steps"]
    done = subprocess.run(["bash", "-e", "-c", step["run"]], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout.startswith("::error ")
    assert "obrelease init --action" in done.stdout


def test_the_workflow_that_fails_is_replaced_without_force(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init_without_action(capsys)
    assert states(init(capsys))[WORKFLOW] == "replaced"
    assert set(states(init(capsys)).values()) == {"same"}


@pytest.mark.parametrize("options", [(), ("--force",)])
def test_a_later_run_keeps_the_action_of_the_workflow(
    root: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    init(capsys)
    before = everything(root)
    answer, warning = init_without_action(capsys, *options)
    assert (answer["action"], warning) == (ACTION, "")
    assert set(states(answer).values()) == {"same"}
    assert everything(root) == before


@pytest.mark.parametrize(
    ("name", "made"), [("Fast Lib", "fast-lib"), ("__", "project"), ("Ünï", "n"), ("a" * 99, "a" * 64)]
)
def test_any_name_becomes_a_projects_name(name: str, made: str) -> None:
    assert project_name(name) == made


def test_two_tables_are_an_error_that_names_both(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("pyproject.toml", "obrelease.toml"):
        (root / name).write_text('[tool.obrelease]\nproject = "x"\n')
    assert "pyproject.toml and in obrelease.toml" in refusal(capsys)


@pytest.mark.parametrize("tool", BESIDE)
def test_beside_another_release_tool_the_workflow_joins_its_releases(
    root: Path, capsys: pytest.CaptureFixture[str], tool: str
) -> None:
    (root / "obrelease.toml").write_text('[tool.obrelease]\ntag = "lib/v{version}"\n')
    init(capsys, "--beside", tool)
    text = (root / WORKFLOW).read_text()
    workflow = yaml.safe_load(text)
    assert complaints(root / WORKFLOW) == []
    assert "@" not in re.sub(r"(?m)#.*$|@[0-9a-f]{40}", "", text)
    steps = workflow["jobs"]["join"]["steps"]
    (inputs,) = [step["with"] for step in steps if "actions/release@" in step.get("uses", "")]
    assert (inputs["publish"], inputs["join"]) == ("true", "true")
    triggers = workflow[True]
    if tool == "release-please":
        assert list(triggers) == ["workflow_call"]
        assert inputs["create-tag"] == "true"
    else:
        assert triggers == {"push": {"tags": ["lib/v*"]}}
        assert any("gh release view" in step.get("run", "") for step in steps)
    policy = read_release_policy((root / POLICY).read_bytes(), POLICY)
    assert "coverage" not in policy.require
    assert "tag" in policy.require
    assert states(init(capsys, "--beside", tool))[WORKFLOW] == "same"


def test_an_unknown_release_tool_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "goreleaser, cargo-dist, release-please, gh" in refusal(capsys, "--beside", "make")
    assert everything(root) == {}


@pytest.mark.parametrize("benchmark", ["", '[tool.obrelease.benchmark.parser]\nrun = "./bench"\n'])
def test_the_next_step_of_pull_requests_and_what_is_missing(
    root: Path, capsys: pytest.CaptureFixture[str], benchmark: str
) -> None:
    (root / "obrelease.toml").write_text(benchmark)
    assert execute(["init", "--pull-request", "--action", ACTION]) == ExitCode.OK
    said = " ".join(capsys.readouterr().err.split())
    assert "next: install what the benchmarks need in .github/workflows/benchmarks-pull-request.yml" in said
    assert "obrelease tag" not in said
    assert ("warning: the settings have no benchmark" in said) == (not benchmark)
    workflow = (root / ".github/workflows/benchmarks-pull-request.yml").read_text()
    assert "# Install here what the benchmarks need," in workflow

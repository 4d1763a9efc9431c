"""RO-Crates of runs and releases, and the files of `init --citation`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from obrelease.api.project_license import license_address
from obrelease.bundle import ro_crate
from obrelease.bundle.ro_crate import METADATA_NAME
from obrelease.cli.app import execute
from obrelease.errors import ExitCode, UsageError
from obrelease.installation import install_extra
from obrelease.registry.store import Registry
from obrelease.storage.hashing import digest_file
from tests.program import ROOT
from tests.unit.release.project import Project, make_project

VALIDATOR: Final = ("roc-validator==0.13.0", "rocrate==0.16.0")
"""In an environment of its own: it needs an older `rich` than the tools of this repository."""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("RESULTS", "FORGE", "RELEASES", "REMOTE", "REPOSITORY", "PROJECT", "SCHEMAS", "TOKEN"):
        monkeypatch.delenv(f"OBRELEASE_{name}", raising=False)
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    made = make_project(tmp_path)
    monkeypatch.chdir(made.root)
    return made


def graph(folder: Path) -> dict[str, dict[str, Any]]:
    """The entities of a crate by their ids."""
    document = json.loads((folder / METADATA_NAME).read_bytes())
    assert document["@context"] == "https://w3id.org/ro/crate/1.3/context"
    return {entity["@id"]: entity for entity in document["@graph"]}


def parts_of(folder: Path) -> dict[str, tuple[str, int]]:
    """Digest and size of the files that the metadata names; each must be there, and no other."""
    entities = graph(folder)
    names = {part["@id"] for part in entities["./"]["hasPart"]}
    on_disk = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert on_disk == names | {METADATA_NAME}
    found = {name: (entities[name]["sha256"], int(entities[name]["contentSize"])) for name in names}
    assert found == {name: digest_file(folder / name) for name in names}
    return found


def test_a_run_is_a_crate_with_every_file_and_its_facts(project: Project, tmp_path: Path) -> None:
    entry = Registry(project.results).resolve("latest")
    crate = tmp_path / "crate"
    assert execute(["crate", "latest", "--to", str(crate), "--license", "CC-BY-4.0"]) == ExitCode.OK
    parts = parts_of(crate)
    assert set(parts) == {"artefact.json", "summary.csv", "plots/latency.svg"}
    assert parts["artefact.json"][0] == entry.digest
    entities = graph(crate)
    root, run = entities["./"], entities[f"#run-{entry.digest[:12]}"]
    assert entities[root["identifier"]["@id"]]["value"] == entry.digest
    assert root["license"] == {"@id": "https://spdx.org/licenses/CC-BY-4.0"}
    assert (run["endTime"], root["datePublished"]) == ("2023-11-14T22:13:20+00:00",) * 2
    assert run["description"].startswith("obrelease run bench --scenario")
    facts = {entities[each["@id"]]["name"]: entities[each["@id"]]["value"] for each in run["object"]}
    assert facts["processor"] == "Some CPU"
    (value,) = [entities[each["@id"]] for each in run["result"] if each["@id"].startswith("#value")]
    assert (value["name"], value["unitText"], value["value"]) == ("pass-wall", "ns", 1000)
    again = tmp_path / "again"
    assert execute(["crate", "latest", "--to", str(again), "--license", "CC-BY-4.0"]) == ExitCode.OK
    assert (again / METADATA_NAME).read_bytes() == (crate / METADATA_NAME).read_bytes()


def release_of(project: Project, folder: Path) -> Path:
    assert execute(["bundle", "v1.0", "--output", str(folder)]) == ExitCode.OK
    (sums,) = folder.rglob("SHA256SUMS")
    return sums.parent


def test_a_release_is_a_crate_with_its_assets_and_runs(project: Project, tmp_path: Path) -> None:
    files = release_of(project, tmp_path / "out")
    crate = tmp_path / "crate"
    assert execute(["crate", f"{files}/", "--to", str(crate), "--license", "MIT"]) == ExitCode.OK
    parts = parts_of(crate)
    assert {"SHA256SUMS", "manifest.json", "demo-v1.0.tar.gz"} <= set(parts)
    entities = graph(crate)
    assert entities[entities["./"]["identifier"]["@id"]]["value"] == digest_file(files / "manifest.json")[0]
    assert len(entities["./"]["mentions"]) == 2
    (files / "manifest.json").write_bytes(b"{}")
    assert execute(["crate", f"{files}/", "--to", str(tmp_path / "no"), "--license", "MIT"]) != ExitCode.OK
    assert not (tmp_path / "no").exists()


def test_a_damaged_file_leaves_no_crate(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = Registry(project.results).resolve("latest")
    (entry.folder / "summary.csv").write_text("a,b\n")
    assert (
        execute(["crate", "latest", "--to", str(tmp_path / "crate"), "--license", "MIT"])
        == ExitCode.INTEGRITY
    )
    assert "summary.csv: has sha256" in capsys.readouterr().err
    assert not (tmp_path / "crate").exists()


def test_what_is_missing_is_named(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert execute(["crate", "latest", "--to", str(tmp_path / "crate")]) == ExitCode.USAGE
    assert "the license of the results is not known" in capsys.readouterr().err
    (tmp_path / "there").mkdir()
    assert execute(["crate", "latest", "--to", str(tmp_path / "there"), "--license", "MIT"]) == ExitCode.USAGE
    assert "exists already" in capsys.readouterr().err
    monkeypatch.setattr(ro_crate.importlib.util, "find_spec", lambda name: None)
    assert execute(["crate", "latest", "--to", str(tmp_path / "crate"), "--license", "MIT"]) == ExitCode.USAGE
    assert install_extra("archive") in capsys.readouterr().err
    assert not (tmp_path / "crate").exists()


def test_licenses(tmp_path: Path) -> None:
    assert license_address("https://example.org/terms", tmp_path) == "https://example.org/terms"
    for text in ("MIT OR Apache-2.0", "", "../x", "https://a b"):
        with pytest.raises(UsageError):
            license_address(text, tmp_path)
    (tmp_path / "pyproject.toml").write_text('[project]\nlicense = "Apache-2.0"\n')
    assert license_address(None, tmp_path) == "https://spdx.org/licenses/Apache-2.0"
    (tmp_path / "pyproject.toml").write_text('[project]\nlicense = {text = "Apache-2.0"}\n')
    with pytest.raises(UsageError, match="not known"):
        license_address(None, tmp_path)


def test_init_writes_citation_files_that_their_schema_accepts(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (project.root / "pyproject.toml").read_text()
    (project.root / "pyproject.toml").write_text(text.replace('"demo"\n', '"demo"\nlicense = "MIT"\n', 1))
    monkeypatch.setenv("OBRELEASE_REPOSITORY", "owner/demo")
    assert execute(["init", "--citation", "--action", f"owner/obrelease@{'a' * 40}"]) == ExitCode.OK
    cff = project.root / "CITATION.cff"
    schema = ["--builtin-schema", "vendor.citation-file-format"]
    check = [sys.executable, "-m", "check_jsonschema", *schema, cff]
    done = subprocess.run(check, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'repository-code: "https://github.com/owner/demo"' in cff.read_text()
    zenodo = json.loads((project.root / ".zenodo.json").read_text())
    assert (zenodo["title"], zenodo["license"], zenodo["upload_type"]) == ("demo", "mit", "software")
    assert zenodo["creators"] == [{"name": "The demo contributors"}]
    cff.write_text("# edited\n")
    assert execute(["init", "--citation"]) == ExitCode.OK
    assert cff.read_text() == "# edited\n"


def test_init_alone_writes_no_citation(project: Project) -> None:
    assert execute(["init", "--action", f"owner/obrelease@{'a' * 40}"]) == ExitCode.OK
    assert not (project.root / "CITATION.cff").exists()


@pytest.mark.nightly
def test_the_reference_validator_accepts_both_kinds(project: Project, tmp_path: Path) -> None:
    files = release_of(project, tmp_path / "out")
    crates = [tmp_path / "run", tmp_path / "release"]
    for source, crate in zip(("latest", f"{files}/"), crates, strict=True):
        assert execute(["crate", source, "--to", str(crate), "--license", "MIT"]) == ExitCode.OK
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", *VALIDATOR], check=True)
    check = [python, ROOT / "scripts" / "check_research_object.py"]
    done = subprocess.run([*check, *crates], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    damaged = json.loads((crates[0] / METADATA_NAME).read_bytes())
    damaged["@graph"][0].pop("datePublished")
    (crates[0] / METADATA_NAME).write_text(json.dumps(damaged))
    done = subprocess.run([*check, crates[0]], capture_output=True, text=True)
    assert (done.returncode, "datePublished" in done.stdout) == (1, True)

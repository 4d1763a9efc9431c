"""The public API in a scratch repository: record, find, compare, gate, publish and verify."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from obrelease import (
    Conflict,
    Entry,
    IntegrityError,
    Metric,
    NotFound,
    Project,
    Registry,
    UsageError,
    compare,
    gate,
    publish,
    record,
    verify,
)
from obrelease.cli.app import execute
from tests.unit.release.project import git

POLICY = 'format = "obrelease.gate-policy"\nversion = 1\n\n[[metric]]\nname = "parse-time"\n'


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A repository with six runs of each of two versions of a parser."""
    root = tmp_path_factory.mktemp("api") / "parser"
    root.mkdir()
    git(root, "init", "--quiet")
    (root / ".gitignore").write_text(".index.sqlite*\n.staging/\n")
    (root / "policy.toml").write_text(POLICY)
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "made up")
    project = Project.at(root)
    for number in range(6):
        for version, time_ms in (("1", 1.9), ("2", 2.4)):
            record(
                "json",
                producer=f"parser-{version}",
                version=version,
                metrics=[Metric("parse-time", "ms", [time_ms + 0.01 * number])],
                registry=project.results,
                repository=project,
                created_ns=1_700_000_000_000_000_000 + 10 * number + int(version),
            )
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "runs")
    return project


def sides(project: Project) -> tuple[list[Entry], list[Entry]]:
    registry = Registry.open(project.results)
    runs = [(registry.load(entry).producer.version, entry) for entry in registry.find("scenario=json")]
    return [e for version, e in runs if version == "1"], [e for version, e in runs if version == "2"]


def json_of(capsys: pytest.CaptureFixture[str], *words: str) -> object:
    """What a command prints under `--json`."""
    capsys.readouterr()
    execute([*words, "--json"])
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def in_project(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.chdir(project.root)
    for name in ("RESULTS", "RELEASES", "FORGE", "REMOTE", "PROJECT", "SCHEMAS"):
        monkeypatch.delenv(f"OBRELEASE_{name}", raising=False)
    return project


def test_compare_is_what_diff_prints(in_project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    base, head = sides(in_project)
    texts = [",".join(entry.digest for entry in side) for side in (base, head)]
    report = compare(base, head)
    assert [metric.decision.verdict.value for metric in report.single.metrics] == ["worse"]
    assert report.to_json() == compare(*texts, project=in_project).to_json()
    assert json.loads(json.dumps(report.to_json())) == json_of(capsys, "diff", *texts)


def test_gate_is_what_gate_prints(in_project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    base, head = sides(in_project)
    texts = [",".join(entry.digest for entry in side) for side in (base, head)]
    report = gate("policy.toml", base=base, head=head)
    assert (report.passed, str(report.verdict)) == (False, "regression")
    assert gate("policy.toml", base=head, head=base).passed
    printed = json_of(capsys, "gate", "--policy", "policy.toml", "--base", texts[0], "--head", texts[1])
    assert json.loads(json.dumps(report.to_json())) == printed
    with pytest.raises(UsageError, match="a base and a head"):
        gate("policy.toml", base=base)


def test_publish_and_verify(in_project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="cannot be combined"):
        publish("v1.0", dry_run=True, resume=True, project=in_project)
    with pytest.raises(NotFound):
        verify("v1.0", project=in_project)
    planned = publish("v1.0", dry_run=True, project=in_project)
    assert (planned.tagged, planned.uploaded, len(planned.plan.runs)) == (None, None, 12)
    assert planned.to_json() == json_of(capsys, "publish", "v1.0", "--dry-run")
    done = publish("v1.0", project=in_project)
    assert (done.tagged, done.uploaded) == ("created", "published")
    assert done.manifest_sha256 == planned.manifest_sha256
    result = verify("v1.0", project=in_project)
    assert result.to_json() == json_of(capsys, "verify", "v1.0")
    assert result.manifest_sha256 == done.manifest_sha256
    assert publish("v1.0", project=in_project).uploaded == "already published"
    git(in_project.root, "commit", "--quiet", "--allow-empty", "--message", "made up later")
    with pytest.raises(Conflict):
        publish("v1.0", project=in_project)


def test_runs_of_a_release_are_kept_and_a_changed_release_is_refused(in_project: Project) -> None:
    publish("v2.0", project=in_project)
    report = Registry.open(in_project.results).gc(grace="0s")
    assert report.runs == ()
    assert all(any("release v2.0" in why for why in kept.reasons) for kept in report.plan.protected)
    (bundle,) = in_project.releases.glob("v2.0/assets/*.tar.gz")
    data = bytearray(bundle.read_bytes())
    data[-1] ^= 1
    bundle.write_bytes(data)
    with pytest.raises(IntegrityError):
        verify("v2.0", project=in_project)

"""list with filters, pin, gc and reproduce as a user runs them: words, JSON, CSV, exit codes."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from obrelease.models.manifest import BundleFile, BundleManifest, ReleaseRun
from obrelease.models.validation import document_bytes
from obrelease.registry.store import Registry
from tests.drafts import draft, run_files

Answer = tuple[int, str, str]
Run = Callable[..., Answer]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str | Path) -> Answer:
        capsys.readouterr()
        code = execute([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """Four runs: two scenarios, two cores."""
    made = Registry(tmp_path / "results")
    for number in range(4):
        core = ("native", "reference")[number % 2]
        made.record(
            draft(number, scenario=("x10", "x100")[number // 2], parameters={"core": core}), run_files(number)
        )
    return made


def digests(answer: Answer) -> list[str]:
    return [run["digest"] for run in json.loads(answer[1])["runs"]]


class TestList:
    def test_filters_are_words(self, registry: Registry, run: Run) -> None:
        newest = registry.find()
        assert digests(run("list", "--json")) == [entry.digest for entry in newest]
        for words in (("scenario=x10", "core=native"), ("scenario=x10 core=native",)):
            (found,) = digests(run("list", *words, "--json"))
            assert registry.resolve(found).scenario == "x10"
        assert digests(run("list", "scenario=x10", "--core", "native", "--json")) == [found]
        assert digests(run("list", "commit=abab..", "--limit", "2", "--json")) == [
            e.digest for e in newest[:2]
        ]
        assert digests(run("list", "since=2026-10-01", "--json")) == []

    @pytest.mark.parametrize(
        "arguments",
        [("colour=red",), ("kind=bench", "--kind", "bench"), ("--sort", "colour"), ("--csv", "--json")],
    )
    def test_nonsense_is_a_usage_error(
        self, registry: Registry, run: Run, arguments: tuple[str, ...]
    ) -> None:
        code, out, err = run("list", *arguments)
        assert code == ExitCode.USAGE
        assert not out or json.loads(out)["error"]["code"] == ExitCode.USAGE
        assert "hint: " in err

    def test_sorted_by_any_column(self, registry: Registry, run: Run) -> None:
        for column, key in (
            ("digest", "digest"),
            ("scenario", "scenario"),
            ("core", "core"),
            ("size", "size_bytes"),
        ):
            rows = json.loads(run("list", "--sort", column, "--json")[1])["runs"]
            back = json.loads(run("list", "--sort", f"-{column}", "--json")[1])["runs"]
            assert [row[key] for row in rows] == sorted(row[key] for row in rows)
            assert [row[key] for row in back] == sorted((row[key] for row in rows), reverse=True)

    def test_csv_is_the_json(self, registry: Registry, run: Run) -> None:
        rows = list(csv.DictReader(io.StringIO(run("list", "--csv")[1])))
        expected = json.loads(run("list", "--json")[1])["runs"]
        assert rows == [
            {key: value if isinstance(value, str) else json.dumps(value) for key, value in row.items()}
            for row in expected
        ]
        assert {row["dirty"] for row in rows} == {"false"}
        assert digests(run("list", "dirty=false", "--json")) == [row["digest"] for row in expected]

    def test_csv_without_runs_has_its_header(self, registry: Registry, run: Run) -> None:
        header = run("list", "--csv")[1].splitlines()[0]
        assert header.split(",") == list(registry.find()[0].as_json())
        assert run("list", "--csv", "kind=replay")[1].splitlines() == [header]

    def test_a_filter_that_nothing_passes_is_not_an_empty_folder(
        self, registry: Registry, run: Run, tmp_path: Path
    ) -> None:
        for words in (("kind=bnch",), ("--kind", "bnch"), ("scenario=X10", "since=2026-10-01")):
            code, out, err = run("list", *words)
            assert (code, out) == (ExitCode.OK, "")
            assert "`obrelease list` shows all runs" in err
            assert " has " + " ".join(words).replace("--kind ", "kind=") in err
        (tmp_path / "none").mkdir()
        assert "`obrelease run bench` records one" in run("list", "kind=bnch", "--results", "none")[2]
        assert run("list", "--limit", "0") == (ExitCode.OK, "", "")

    def test_a_place_with_spaces_serves(self, registry: Registry, run: Run, tmp_path: Path) -> None:
        location = tmp_path / "with spaces" / "my results"
        location.parent.mkdir()
        registry.root.rename(location)
        assert len(digests(run("list", "--json", "--results", location))) == 4
        for command in (("fsck",), ("reindex",), ("gc",), ("pin", "best", "latest"), ("show", "best")):
            assert run(*command, "--results", location)[0] == ExitCode.OK
        unreadable = location / "bench" / "my scenario" / ("0" * 12)
        unreadable.mkdir(parents=True)
        assert str(unreadable) in run("list", "--results", location)[2]
        assert str(unreadable) in run("fsck", "--results", location)[1]

    def test_no_cell_starts_a_formula(self, registry: Registry, run: Run) -> None:
        registry.record(draft(9, parameters={"core": "=HYPERLINK(1)"}), [])
        assert "'=HYPERLINK(1)" in run("list", "--csv")[1]


class TestPin:
    def test_pinned_listed_shown_moved_deleted(self, registry: Registry, run: Run) -> None:
        one, two, *_ = registry.find()
        assert run("pin", "best", one.digest[:12])[0] == ExitCode.OK
        assert json.loads(run("pin", "--json")[1]) == {"pins": {"best": one.digest}}
        assert json.loads(run("show", "best", "--json")[1])["run"]["digest"] == one.digest
        assert run("pin", "best", two.digest)[0] == ExitCode.CONFLICT
        assert run("pin", "best", two.digest, "--move")[0] == ExitCode.OK
        assert run("pin", "--delete", "best")[0] == ExitCode.OK
        assert run("show", "best")[0] == ExitCode.NOT_FOUND
        assert run("pin", "--delete", "best")[0] == ExitCode.NOT_FOUND

    @pytest.mark.parametrize(
        "arguments",
        [("best",), ("latest", "latest"), ("--delete",), ("a", "latest", "--delete"), ("abcd", "latest")],
    )
    def test_nonsense_is_a_usage_error(
        self, registry: Registry, run: Run, arguments: tuple[str, ...]
    ) -> None:
        assert run("pin", *arguments)[0] == ExitCode.USAGE


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout


def manifest(registry: Registry, digest: str, tag: str) -> bytes:
    entry = registry.resolve(digest)
    return document_bytes(
        BundleManifest(
            project="p",
            tag=tag,
            commit="ab" * 20,
            prerelease=False,
            runs=(
                ReleaseRun(
                    digest=entry.digest,
                    kind="bench",
                    scenario=entry.scenario,
                    path=f"results/{entry.location}",
                ),
            ),
            bundle=BundleFile(name="p.tar.gz", size=1, sha256="0" * 64, tar_size=1, tar_sha256="0" * 64),
            members=(),
        )
    )


class TestGc:
    def test_the_dry_run_is_the_default_and_removes_nothing(self, registry: Registry, run: Run) -> None:
        code, out, err = run("gc", "--grace", "0s", "--json")
        report: dict[str, Any] = json.loads(out)
        assert (code, report["removed"], len(report["runs"])) == (ExitCode.OK, False, 4)
        assert "`obrelease gc --yes --grace 0s` removes them" in err
        assert len(registry.find()) == 4

    def test_the_hint_removes_what_was_listed(self, registry: Registry, run: Run, tmp_path: Path) -> None:
        location = registry.root.rename(tmp_path / "my runs")
        (tmp_path / "m.json").write_bytes(manifest(Registry(location), "latest", "v1.0"))
        words = ("gc", "--grace", "0s", "--manifest", "m.json", "--results", "my runs")
        code, out, err = run(*words, "--json")
        (hint,) = re.findall(r"`obrelease (gc .*)` removes them", err)
        assert hint == "gc --yes --grace 0s --manifest m.json --results 'my runs'"
        removed = run(*shlex.split(hint), "--json")
        assert (code, removed[0], digests(removed)) == (ExitCode.OK, ExitCode.OK, digests((code, out, err)))

    def test_what_cannot_be_read_stays_and_is_named(self, registry: Registry, run: Run) -> None:
        unreadable = registry.root / "bench" / "x10" / ("0" * 12)
        unreadable.mkdir()
        code, _, err = run("gc", "--yes", "--grace", "0s")
        assert code == ExitCode.OK
        assert "4 runs removed" in err
        assert f"1 folder cannot be read and stays, the first is {unreadable}" in err
        assert unreadable.is_dir()

    def test_the_young_stay(self, registry: Registry, run: Run) -> None:
        report = json.loads(run("gc", "--yes", "--json")[1])
        assert (report["runs"], len(report["young"])) == ([], 4)
        assert len(registry.find()) == 4

    def test_releases_tags_pins_and_git_keep_theirs(
        self, registry: Registry, run: Run, tmp_path: Path
    ) -> None:
        tracked, released, pinned, removed_run = registry.find()
        git(tmp_path, "init", "-q")
        git(tmp_path, "add", str(tracked.folder))
        assets = tmp_path / ".git" / "obrelease" / "releases" / "v1.0" / "assets"
        assets.mkdir(parents=True)
        (assets / "manifest.json").write_bytes(manifest(registry, released.digest, "v1.0"))
        run("pin", "best", pinned.digest)
        report = json.loads(run("gc", "--grace", "0s", "--yes", "--json")[1])
        assert [run["digest"] for run in report["runs"]] == [removed_run.digest]
        assert {kept["digest"]: kept["reasons"] for kept in report["kept"]} == {
            tracked.digest: ["tracked by git"],
            released.digest: ["release v1.0"],
            pinned.digest: ["pin best"],
        }
        assert not removed_run.folder.exists()
        assert registry.find() == (tracked, released, pinned)

    def test_a_folder_outside_of_the_repository_is_collected(
        self, registry: Registry, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        released, *others = registry.find()
        clone = tmp_path / "clone"
        clone.mkdir()
        git(clone, "init", "-q")
        assets = clone / ".git" / "obrelease" / "releases" / "v1.0" / "assets"
        assets.mkdir(parents=True)
        (assets / "manifest.json").write_bytes(manifest(registry, released.digest, "v1.0"))
        monkeypatch.chdir(clone)
        code, out, err = run("gc", "--grace", "0s", "--yes", "--json", "--results", registry.root)
        assert code == ExitCode.OK
        assert f"{registry.root} is outside of {clone}" in err
        assert {run["digest"] for run in json.loads(out)["runs"]} == {entry.digest for entry in others}
        assert registry.find() == (released,)

    @pytest.mark.parametrize("here", ["clone", "nowhere"])
    def test_runs_that_another_repository_tracks_stay(
        self, registry: Registry, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: str
    ) -> None:
        tracked = registry.find()[0]
        other = tmp_path / "other"
        other.mkdir()
        results = registry.root.rename(other / "results")
        git(other, "init", "-q")
        git(other, "add", f"results/{tracked.location}")
        (tmp_path / here).mkdir()
        if here == "clone":
            git(tmp_path / here, "init", "-q")
        monkeypatch.chdir(tmp_path / here)
        assert run("gc", "--grace", "0s", "--yes", "--results", results)[0] == ExitCode.OK
        assert [entry.digest for entry in Registry(results).find()] == [tracked.digest]

    def test_a_tag_whose_runs_are_unknown_stops_the_removal(
        self, registry: Registry, run: Run, tmp_path: Path
    ) -> None:
        kept = registry.find()[0]
        data = manifest(registry, kept.digest, "v2.0")
        (tmp_path / "elsewhere.json").write_bytes(data)
        from obrelease.storage.hashing import digest_bytes

        git(tmp_path, "init", "-q")
        git(tmp_path, "commit", "-q", "--allow-empty", "-m", "first")
        git(tmp_path, "tag", "-a", "v2.0", "-m", f"p v2.0\n\nmanifest: sha256:{digest_bytes(data)}\n")
        git(tmp_path, "tag", "unrelated")
        code, _, err = run("gc", "--grace", "0s", "--yes")
        assert code == ExitCode.NOT_FOUND
        assert "v2.0" in err
        assert len(registry.find()) == 4
        assert "warning: " in run("gc", "--grace", "0s")[2]
        assert run("gc", "--grace", "0s", "--yes", "--manifest", "elsewhere.json")[0] == ExitCode.OK
        assert registry.find() == (kept,)

    @pytest.mark.parametrize(
        "arguments", [("--yes", "--dry-run"), ("--grace", "14"), ("--grace", "-1d"), ("--grace", "d")]
    )
    def test_nonsense_is_a_usage_error(
        self, registry: Registry, run: Run, arguments: tuple[str, ...]
    ) -> None:
        assert run("gc", *arguments)[0] == ExitCode.USAGE


class TestReproduce:
    def test_a_run_is_reproduced_and_a_lie_is_not(self, run: Run, tmp_path: Path) -> None:
        assert run("run", "bench", "--passes", "1", "--core", "reference", "-q")[0] == ExitCode.OK
        code, out, _ = run("reproduce", "latest", "--json")
        report = json.loads(out)
        assert (code, report["reproduced"], report["difference"]) == (ExitCode.OK, True, None)
        assert report["recorded"] == report["found"]
        registry = Registry(tmp_path / "results")
        entry = registry.resolve("latest")
        value = json.loads((entry.folder / "artefact.json").read_bytes())
        value["files"], value["histograms"] = [], []
        value["outcome"]["events_digest"] = "0" * 64
        liar = registry.record(type(registry.load(entry)).model_validate_json(json.dumps(value)), [])
        code, out, err = run("reproduce", liar.digest)
        assert code == ExitCode.NOT_REPRODUCED
        assert "has no digests" in out
        assert "hint: " in err

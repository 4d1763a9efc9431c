"""A small project to release: a git repository, a bare remote, and a registry with recorded runs."""

from __future__ import annotations

import os
import subprocess
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from obrelease.models.artefact import (
    Artefact,
    Host,
    Outcome,
    Producer,
    StableHost,
    VolatileHost,
    Workload,
    own_series,
)
from obrelease.models.json_schema import export_schemas
from obrelease.registry.entry import Entry
from obrelease.registry.store import Registry
from obrelease.release.committed_runs import ATTRIBUTES_LINE
from obrelease.release.publish.step import PublishContext
from obrelease.remote.forge.directory import DirectoryForge
from obrelease.remote.forge.protocol import Forge
from obrelease.remote.git.repository import GitRepository
from obrelease.storage.durable import NewFile
from obrelease.storage.progress import Advance
from obrelease.storage.reporter import SilentReporter

PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>\n'


@dataclass(frozen=True, slots=True)
class Project:
    """Where everything lies."""

    root: Path
    remote: Path
    results: Path
    releases: Path

    def context(self, forge: Forge | None = None) -> PublishContext:
        """The context of a release of this project; the forge is a directory unless another is given."""
        return PublishContext(
            repo=GitRepository.open(self.root),
            registry=Registry(self.results),
            forge=forge or DirectoryForge(self.releases),
            schemas=self.root / "schemas",
            outputs=(self.results, self.releases),
            reporter=SilentReporter(),
        )

    def head(self) -> str:
        """The commit that is checked out."""
        return git(self.root, "rev-parse", "HEAD")

    def record(self, scenario: str, seed: int = 42) -> Entry:
        """Keep one more run, and commit it."""
        entry = record(self.results, scenario, seed)
        self.commit("a run")
        return entry

    def commit(self, message: str) -> None:
        """Commit everything, as a person does."""
        git(self.root, "add", "--all")
        git(self.root, "commit", "--quiet", "--allow-empty", f"--message={message}")

    def remote_tag(self, tag: str) -> str:
        """The commit that the remote's tag peels to, empty where it has none."""
        return git(self.remote, "for-each-ref", "--format=%(*objectname)", f"refs/tags/{tag}")


def no_progress(_label: str, _total: int | None) -> AbstractContextManager[Advance]:
    """A progress bar that nobody sees."""
    return nullcontext(lambda _: None)


def git(folder: Path, *arguments: str) -> str:
    """Run git without the user's settings and return what it printed."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    environment |= {f"GIT_{who}_DATE": "@1700000000 +0000" for who in ("AUTHOR", "COMMITTER")}
    identity = ("-c", "user.name=Tester", "-c", "user.email=tester@localhost")
    done = subprocess.run(
        ["git", *identity, *arguments],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def make_project(base: Path) -> Project:
    """A repository with a bare remote named origin, exported schemas and two runs, all committed."""
    root, remote = base / "project", base / "remote.git"
    root.mkdir(parents=True)
    git(base, "init", "--quiet", "--bare", str(remote))
    git(root, "init", "--quiet", "--initial-branch=main")
    (root / "pyproject.toml").write_text('[project]\nname = "demo"\n\n[tool.obrelease]\nproject = "demo"\n')
    export_schemas(root / "schemas")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message=first")
    git(root, "remote", "add", "origin", str(remote))
    project = Project(root, remote, root / "results", root / ".git" / "obrelease" / "releases")
    record(project.results, "baseline", 42)
    record(project.results, "x10", 42)
    (project.results / ".gitignore").write_text("/.index.sqlite*\n/.staging/\n")
    (project.results / ".gitattributes").write_text(f"{ATTRIBUTES_LINE}\n")
    project.commit("runs")
    return project


def record(results: Path, scenario: str, seed: int) -> Entry:
    """Keep a run of two files in a registry."""
    files = (
        NewFile("summary.csv", "text/csv", f"scenario,seed\n{scenario},{seed}\n".encode()),
        NewFile("plots/latency.svg", "image/svg+xml", PICTURE),
    )
    return Registry(results).record(run_of(scenario, seed), files)


def run_of(scenario: str, seed: int) -> Artefact:
    """An envelope with every part that a release looks at."""
    stable = StableHost(system="Linux", machine="x86_64", cpu_model="Some CPU", cpu_count=2, python="3.11")
    return Artefact(
        kind="bench",
        scenario=scenario,
        title=scenario,
        created_ns="1700000000000000000",
        command=("obrelease", "run", "bench", "--scenario", scenario, "--seed", str(seed)),
        producer=Producer(name="obrelease", version="0.9"),
        host=Host(stable=stable, volatile=VolatileHost()),
        parameters={"core": "reference"},
        workload=Workload(name="flow", version=1, messages=2000, commands_digest="1" * 64, seed=str(seed)),
        outcome=Outcome(events=3, events_digest="2" * 64, state_digest="3" * 64),
        metrics=(own_series("pass-wall", "ns", (1000, 1100)),),
    )

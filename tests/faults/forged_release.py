"""Builds forged releases that are consistent: every digest, list and sum fits, and nothing is signed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from obrelease.analysis.kinds.all_kinds import command_of, kind_of
from obrelease.analysis.kinds.run_kind import read_content
from obrelease.bundle import sha256sums
from obrelease.bundle.asset_names import MANIFEST_NAME, NOTES_NAME, bundle_name, top_folder
from obrelease.bundle.source_digests import digest, python_sources
from obrelease.bundle.writer import BundleSource, write_bundle
from obrelease.importers.version_1_formats import IMPORTERS
from obrelease.importers.version_1_import import ImportRequest
from obrelease.models.artefact import ENVELOPE_NAME, Artefact, Producer
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.manifest import BundleFile, BundleManifest, BundleMember, ReleaseAsset, ReleaseRun
from obrelease.models.validation import document_bytes
from obrelease.recorder.bench import record_bench
from obrelease.registry.store import Registry
from obrelease.release.collected_run import CollectedRun
from obrelease.release.release_contents import notes_of, pictures_of, schema_members
from obrelease.storage.hashing import digest_bytes, digest_file
from obrelease.version import VERSION
from tests.unit.release.project import Project, git, make_project

TAG = "v0.9-beta"
SOURCES = {"obrelease/__init__.py": "version = 1\n", "engine/obengine/__init__.py": ""}
IMPORTS = Path(__file__).resolve().parents[1] / "data" / "imports"


def make_release_project(base: Path) -> Project:
    """A project whose commit has the sources that its runs name: two benches, and an imported run."""
    project = make_project(base)
    for name, text in SOURCES.items():
        (project.root / name).parent.mkdir(parents=True, exist_ok=True)
        (project.root / name).write_text(text)
    git(project.root, "add", *SOURCES)
    git(project.root, "commit", "--quiet", "--message=sources")
    shutil.rmtree(project.results)
    digests = {name: digest_bytes(text.encode()) for name, text in SOURCES.items()}
    covered = python_sources(SOURCES)
    assert covered is not None
    producer = Producer(
        name="obrelease",
        version=VERSION,
        commit=project.head(),
        dirty=False,
        sources_digest=digest({name: digests[path] for name, path in covered.items()}),
    )
    for seed in (1, 2):
        record_bench(
            Registry(project.results),
            scenario="baseline",
            seed=seed,
            core="reference",
            passes=2,
            messages=2_000,
            created_ns=1_700_000_000 * 10**9 + seed,
            producer=producer,
        )
    data = (IMPORTS / "hyperfine.json").read_bytes()
    made = IMPORTERS["hyperfine"](ImportRequest(name="hyperfine.json", data=data, now_ns=5))
    Registry(project.results).record(made.artefact, made.files)
    return project


@dataclass
class Forgery:
    """The contents of a release that is about to be sealed; a forger changes what they like.

    Attributes:
        tree: becomes the bundle's top folder, without notes, schemas and checksums.
        extra: further members, by path; None removes the member of that path.
        notes: changes the rendered notes.
        pictures: changes the assets next to the bundle, by name.
        manifest: replaces fields of the manifest.
    """

    tree: Path
    commit: str
    extra: dict[str, bytes | None] = field(default_factory=dict)
    notes: Callable[[str], str] = lambda text: text
    pictures: Callable[[dict[str, bytes]], None] = lambda _: None
    manifest: dict[str, Any] = field(default_factory=dict)

    def runs(self, kind: str = "bench") -> list[Path]:
        """The folders of the runs of a kind, those of the smallest seeds first."""
        found = [path.parent for path in self.tree.rglob(ENVELOPE_NAME)]
        return sorted(
            (folder for folder in found if envelope(folder)["kind"] == kind),
            key=lambda folder: (envelope(folder).get("workload") or {}).get("seed", ""),
        )

    def drop(self, kind: str) -> None:
        """Leave the runs of a kind out."""
        for folder in self.runs(kind):
            shutil.rmtree(folder)

    def edit(self, folder: Path, change: Callable[[dict[str, Any]], object], *, place: str = "") -> Path:
        """Change an envelope, and move the run to the place of its new digest, or to another one."""
        document = envelope(folder)
        change(document)
        for entry in document["files"]:
            if (folder / entry["path"]).is_file():
                entry["sha256"], entry["size"] = digest_file(folder / entry["path"])
        data = canonical_bytes(document)
        (folder / ENVELOPE_NAME).write_bytes(data)
        proper = f"results/{document['kind']}/{document['scenario']}/{digest_bytes(data)[:12]}"
        moved = self.tree / (place or proper)
        moved.parent.mkdir(parents=True, exist_ok=True)
        folder.rename(moved)
        return moved

    def seal(self, folder: Path) -> Path:
        """Write the release as publishing would write it."""
        runs = [_collected(self.tree, path) for path in sorted(self.tree.rglob(ENVELOPE_NAME))]
        facts = {"project": "demo", "tag": TAG, "commit": self.commit} | self.manifest
        notes = self.notes(notes_of(facts["project"], facts["tag"], facts["commit"], runs))
        members = {**schema_members(), NOTES_NAME: notes.encode()} | self.extra
        for path, data in members.items():
            if data is not None:
                (self.tree / path).parent.mkdir(parents=True, exist_ok=True)
                (self.tree / path).write_bytes(data)
        inner = {path: digest_file(self.tree / path)[0] for path in _files(self.tree)}
        (self.tree / sha256sums.NAME).write_bytes(sha256sums.render(inner))
        sources = []
        for path in _files(self.tree):
            sha256, size = digest_file(self.tree / path)
            sources.append(BundleSource(path, self.tree / path, size, sha256))
        folder.mkdir(parents=True)
        pictures = {picture.path: picture.file.read_bytes() for picture in pictures_of(runs)}
        self.pictures(pictures)
        for name, data in pictures.items():
            (folder / name).write_bytes(data)
        name = bundle_name("demo", TAG)
        written = write_bundle(folder / name, top_folder("demo", TAG), sources, lambda _: None)
        manifest = {
            "prerelease": True,
            "runs": tuple(sorted((run.facts for run in runs), key=lambda run: run.path)),
            "bundle": BundleFile(
                name=name,
                size=written.size,
                sha256=written.sha256,
                tar_size=written.tar_size,
                tar_sha256=written.tar_sha256,
            ),
            "members": tuple(BundleMember(path=s.path, size=s.size, sha256=s.sha256) for s in sources),
            "assets": tuple(
                ReleaseAsset(name=name, size=len(data), sha256=digest_bytes(data))
                for name, data in sorted(pictures.items())
            ),
        }
        built = BundleManifest.model_construct(**(manifest | facts))
        (folder / MANIFEST_NAME).write_bytes(document_bytes(built))
        sums = {path.name: digest_file(path)[0] for path in folder.iterdir()}
        (folder / sha256sums.NAME).write_bytes(sha256sums.render(sums))
        return folder


def envelope(folder: Path) -> dict[str, Any]:
    """The envelope of a run, to be changed."""
    found: dict[str, Any] = json.loads((folder / ENVELOPE_NAME).read_bytes())
    return found


def rederive(folder: Path, document: dict[str, Any], *, plots: bool) -> None:
    """Write command, tables and, if wanted, plots again, so that they fit the changed envelope."""
    artefact = Artefact.model_validate_json(canonical_bytes(document))
    document["command"] = list(command_of(artefact) or artefact.command)
    content, kind = read_content(artefact, folder), kind_of(artefact)
    for table in kind.derived_tables:
        (folder / table.path).write_bytes(table.derive(content))
    for path, svg in kind.plots(content).items() if plots else ():
        (folder / path).write_bytes(svg)


def _files(tree: Path) -> list[str]:
    return sorted(path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file())


def _collected(tree: Path, path: Path) -> CollectedRun:
    """A run as it is listed, whatever is wrong with it."""
    artefact = Artefact.model_validate_json(path.read_bytes())
    facts = ReleaseRun(
        digest=digest_file(path)[0],
        kind=artefact.kind,
        scenario=artefact.scenario,
        path=path.parent.relative_to(tree).as_posix(),
        events_digest=artefact.outcome.events_digest if artefact.outcome else None,
    )
    return CollectedRun(facts, artefact, path.parent, ())


def forgeries_of(project: Project, base: Path) -> Iterator[Forgery]:
    """One after the other, each a fresh copy of the true contents."""
    number = 0
    while True:
        tree = base / f"tree-{number}"
        shutil.copytree(project.results, tree / "results", ignore=shutil.ignore_patterns(".*"))
        yield Forgery(tree, project.head())
        number += 1

"""Every kind of damage to a folder is found and reported with its rule and path."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from obrelease.models.artefact import ENVELOPE_NAME, Artefact
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.validation import document_bytes
from obrelease.registry.check_folder import check_folder, find_artefacts
from obrelease.registry.folder_rules import check_every_rule
from obrelease.registry.fsck import fsck
from obrelease.registry.sound_folder import SoundFolder
from obrelease.registry.store import Registry
from obrelease.storage.durable import NewFile
from tests.drafts import draft, histogram_ref, run_files


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two recorded runs, copied for each test."""
    made = Registry(tmp_path_factory.mktemp("template") / "results")
    made.record(draft(1), run_files(1))
    made.record(draft(2), run_files(2))
    made.reindex()
    return made.root


@pytest.fixture
def root(tmp_path: Path, template: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "results"))


@pytest.fixture
def folder(root: Path) -> Path:
    return find_artefacts(root)[0]


@pytest.mark.parametrize(
    ("path", "media_type", "content", "message"),
    [
        ("a.svg", "image/svg+xml", b'<svg onload="x()"/>', "line 1, column 1: attribute 'onload'"),
        ("a.svg", "text/plain", b"<svg><script/></svg>", "element 'script'"),
        ("a.bin", "image/svg+xml", b"\x1f\x8b", "not well-formed"),
        ("a.png", "image/png", b"<svg/>", "not the signature"),
    ],
)
def test_a_picture_must_be_passive_and_whole(
    tmp_path: Path, path: str, media_type: str, content: bytes, message: str
) -> None:
    entry = Registry(tmp_path).record(draft(1), [NewFile(path, media_type, content)])
    (problem,) = check_folder(entry.folder).problems
    assert (problem.path, problem.rule) == (str(entry.folder / path), "picture")
    assert message in problem.message
    assert check_folder(entry.folder, pictures=False).problems == ()


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def swap(one: Path, two: Path) -> None:
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)


def respell(envelope: Path) -> None:
    envelope.write_bytes(envelope.read_bytes() + b"\n")


def be_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def be_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def be_link(path: Path) -> None:
    path.rename(path.with_suffix(".moved"))
    path.symlink_to(path.with_suffix(".moved").name)


def link_folder(folder: Path) -> None:
    folder.rename(folder.parent.parent / "elsewhere")
    folder.symlink_to(folder.parent.parent / "elsewhere")


DAMAGES: dict[str, tuple[Callable[[Path], object], set[str], str]] = {
    "flipped bit": (lambda f: flip(f / "summary.csv"), {"digest"}, "summary.csv"),
    "longer": (lambda f: os.truncate(f / "summary.csv", 60), {"size"}, "summary.csv"),
    "cut": (lambda f: os.truncate(f / "summary.csv", 2), {"size"}, "summary.csv"),
    "emptied": (lambda f: os.truncate(f / "summary.csv", 0), {"size"}, "summary.csv"),
    "removed": (lambda f: (f / "summary.csv").unlink(), {"missing"}, "summary.csv"),
    "removed folder": (lambda f: shutil.rmtree(f / "plots"), {"missing"}, "plots/latency.svg"),
    "swapped": (lambda f: swap(f / "summary.csv", f / "plots/latency.svg"), {"digest"}, "summary.csv"),
    "added": (lambda f: (f / "notes.txt").write_text("x"), {"extra"}, "notes.txt"),
    "added hidden": (lambda f: (f / "plots/.hidden").write_text("x"), {"extra"}, "plots/.hidden"),
    "added folder": (lambda f: (f / "empty").mkdir(), {"extra"}, "empty"),
    "symbolic link": (lambda f: be_link(f / "summary.csv"), {"symlink", "extra"}, "summary.csv"),
    "linked folder": (lambda f: link_folder(f / "plots"), {"symlink"}, "plots"),
    "pipe": (lambda f: be_pipe(f / "summary.csv"), {"special"}, "summary.csv"),
    "folder for a file": (lambda f: be_folder(f / "summary.csv"), {"special"}, "summary.csv"),
    "no envelope": (lambda f: (f / ENVELOPE_NAME).unlink(), {"missing"}, ENVELOPE_NAME),
    "cut envelope": (lambda f: os.truncate(f / ENVELOPE_NAME, 100), {"json"}, ENVELOPE_NAME),
    "emptied envelope": (lambda f: os.truncate(f / ENVELOPE_NAME, 0), {"json"}, ENVELOPE_NAME),
    "envelope as a pipe": (lambda f: be_pipe(f / ENVELOPE_NAME), {"special"}, ENVELOPE_NAME),
    "envelope as a link": (lambda f: be_link(f / ENVELOPE_NAME), {"symlink"}, ENVELOPE_NAME),
    "envelope respelled": (lambda f: respell(f / ENVELOPE_NAME), {"canonical"}, ENVELOPE_NAME),
}  # fmt: skip


@pytest.mark.parametrize(("damage", "rules", "name"), DAMAGES.values(), ids=DAMAGES.keys())
def test_damage_is_found_by_rule_and_path(
    root: Path, folder: Path, damage: Callable[[Path], object], rules: set[str], name: str
) -> None:
    sound = find_artefacts(root)[1]
    damage(folder)
    problems = check_folder(folder).problems
    assert {problem.rule for problem in problems} <= rules | {"extra"}
    assert rules <= {problem.rule for problem in problems}
    assert str(folder / name) in {problem.path for problem in problems}
    assert set(problems) <= set(fsck(root).problems)
    assert check_folder(sound).problems == ()


@pytest.fixture
def flat(tmp_path: Path) -> Path:
    """A run without folders and pictures, one file of which is not small."""
    files = [*run_files(1)[:1], NewFile("large.csv", "text/csv", b"1,2\n" * 30_000)]
    return Registry(tmp_path / "results").record(draft(1), files).folder


def test_a_sound_folder_is_recognised_with_what_the_full_check_finds(flat: Path) -> None:
    quick, full = check_folder(flat), check_every_rule(flat, pictures=True)
    assert isinstance(quick.envelope, SoundFolder)
    assert (quick.digest, quick.size_bytes, quick.problems) == (full.digest, full.size_bytes, full.problems)
    assert quick.artefact == full.artefact
    root = flat.parents[2]
    location = flat.relative_to(root).as_posix()
    assert quick.entry(root, location) == full.entry(root, location) == Registry(root).find()[0]


def test_an_envelope_that_leaves_fields_out_has_the_same_entry(flat: Path) -> None:
    value = json.loads((flat / ENVELOPE_NAME).read_bytes())
    del value["outcome"], value["parameters"], value["workload"]
    (flat / ENVELOPE_NAME).write_bytes(canonical_bytes(value))
    quick, full = check_folder(flat), check_every_rule(flat, pictures=True)
    assert isinstance(quick.envelope, SoundFolder)
    assert quick.entry(flat, "a/b/c") == full.entry(flat, "a/b/c")
    assert full.entry(flat, "a/b/c") is not None


@pytest.mark.parametrize("name", ["summary.csv", "large.csv", ENVELOPE_NAME])
@pytest.mark.parametrize(
    "damage",
    [
        flip, be_pipe, be_folder, be_link, Path.unlink, lambda path: os.truncate(path, 1),
        lambda path: os.truncate(path, 200_000), lambda path: (path.parent / ".x").touch(),
        lambda path: (path.parent / "x").mkdir(), lambda path: path.with_name("b\udc80").touch(),
        lambda path: link_folder(path.parent),
    ],
)  # fmt: skip
def test_damage_to_a_flat_folder_is_found_as_by_the_full_check(
    flat: Path, name: str, damage: Callable[[Path], object]
) -> None:
    damage(flat / name)
    found = check_folder(flat)
    assert found.problems
    assert found == check_every_rule(flat, pictures=True)


@pytest.mark.parametrize("end", ["", "/", "/."])
def test_a_linked_folder_is_refused_however_its_path_ends(flat: Path, end: str) -> None:
    assert check_folder(f"{flat}{end}").problems == ()
    link_folder(flat)
    assert [problem.rule for problem in check_folder(f"{flat}{end}").problems] == ["symlink"]


@pytest.mark.parametrize("field", ["files", "histograms"])
@pytest.mark.parametrize(
    "path",
    [
        ENVELOPE_NAME, "Artefact.json", "latency.hlog", "x.hlog", "large.csv", "../x", "a/b", "con", "a.",
        "x" * 101, "x" * 240, "x" * 241,
    ],
)  # fmt: skip
def test_names_in_an_envelope_are_refused_as_by_the_full_check(tmp_path: Path, path: str, field: str) -> None:
    """Every listed file is there, so that only its name can be wrong."""
    files = [NewFile("latency.hlog", "text/plain", b"x"), NewFile("large.csv", "text/csv", b"1")]
    made = Registry(tmp_path).record(draft(histograms=(histogram_ref(),)), files).folder
    value = json.loads((made / ENVELOPE_NAME).read_bytes())
    old, value[field][-1]["path"] = value[field][-1]["path"], path
    if field == "files" and len(path) < 200 and "/" not in path:
        (made / old).rename(made / path)
    (made / ENVELOPE_NAME).write_bytes(canonical_bytes(value))
    found, full = check_folder(made), check_every_rule(made, pictures=True)
    assert found.problems == full.problems
    sound = {("files", "latency.hlog"), ("histograms", "latency.hlog"), ("histograms", "large.csv")}
    assert bool(found.problems) == ((field, path) not in sound)


def test_a_histogram_that_is_not_a_listed_file_is_a_problem(root: Path, folder: Path) -> None:
    artefact = check_folder(folder).artefact
    assert artefact is not None
    changed = Artefact(**{**dict(artefact), "histograms": (histogram_ref(),)})
    (folder / ENVELOPE_NAME).write_bytes(document_bytes(changed))
    (problem,) = check_folder(folder).problems
    assert (problem.rule, problem.message[:23]) == ("histogram", "$.histograms[0].path: '")

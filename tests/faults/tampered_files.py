"""Tampering with the files of a release: bytes, names, sums, order of versions, whole layers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import combinations, product
from pathlib import Path

from obrelease.bundle.signing.armor import to_armor
from obrelease.models.canonical_json import canonical_bytes
from tests.faults.signed_release import (
    BUNDLE,
    MANIFEST,
    OLD,
    PROVENANCE,
    SIGNATURE,
    SUMS,
    TAG,
    SignedRelease,
    payload_of,
    reseal,
    retag,
    write_envelope,
)
from tests.unit.release.project import git

PICTURES = ("bench-baseline-*.svg", "bench-x10-*.svg")
LISTED = (BUNDLE, MANIFEST, *PICTURES)


@dataclass(frozen=True, slots=True)
class Case:
    """One tampered release.

    Attributes:
        act: does it, to a copy of the files and a clone.
        says: words of the refusal, so that each case is refused for what was done.
        tools: the standard tools that must refuse it as well.
        in_git: whether the tag is touched; the other cases are tried without any repository too.
        older: whether it is the older release that is handed out.
    """

    act: Callable[[SignedRelease, Path, Path], object]
    says: str
    tools: frozenset[str] = frozenset()
    in_git: bool = False
    older: bool = False
    not_older_than: str | None = None


def on_files(says: str, act: Callable[[SignedRelease, Path], object], *tools: str) -> Case:
    """A case that touches the files alone."""
    return Case(lambda release, folder, _clone: act(release, folder), says, frozenset(tools))


def flipped(data: bytes, at: int) -> bytes:
    """The data with one bit changed."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def flip(name: str, part: int, _release: SignedRelease, folder: Path) -> None:
    path = next(folder.glob(name))
    data = path.read_bytes()
    path.write_bytes(flipped(data, (len(data) - 1) * part // 4))


def asset_bytes() -> Iterator[Case]:
    for name in LISTED:
        for part in range(5):
            yield on_files("has another sha256 for", partial(flip, name, part), "sha256sum")


def add(name: str, _release: SignedRelease, folder: Path) -> None:
    (folder / name).write_bytes(b"x")


def remove(names: tuple[str, ...], _release: SignedRelease, folder: Path) -> None:
    for name in names:
        next(folder.glob(name)).unlink()


ADDED = ("extra.txt", ".hidden", "SHA256SUMS.asc", "sha256sums.sig", "provenance.json", "a.svg", "setup.sh")


def added_or_removed() -> Iterator[Case]:
    for name in ADDED:
        yield on_files("not covered", partial(add, name))
    yield on_files("not a regular file", lambda _, folder: (folder / "folder").mkdir())
    yield on_files("not a regular file", lambda _, folder: (folder / "link").symlink_to(MANIFEST))
    for names in [(name,) for name in LISTED] + list(combinations(LISTED, 2)):
        yield on_files("lists missing files", partial(remove, names), "sha256sum")
    yield on_files("has no SHA256SUMS", partial(remove, (SUMS,)), "sha256sum", "ssh-keygen")


Lines = list[str]


def edit(change: Callable[[Lines], Lines], _release: SignedRelease, folder: Path) -> None:
    lines = (folder / SUMS).read_text().splitlines(keepends=True)
    (folder / SUMS).write_bytes("".join(change(lines)).encode())


def rename_at(at: int, lines: Lines) -> Lines:
    return [*lines[:at], lines[at][:-2] + "~\n", *lines[at + 1 :]]


def redigest_at(at: int, lines: Lines) -> Lines:
    first = "1" if lines[at][0] == "0" else "0"
    return [*lines[:at], first + lines[at][1:], *lines[at + 1 :]]


def drop_at(at: int, lines: Lines) -> Lines:
    return lines[:at] + lines[at + 1 :]


SPELLINGS: tuple[Callable[[Lines], Lines], ...] = (
    lambda lines: [*lines, lines[-1]],
    lambda lines: lines[::-1],
    lambda lines: [lines[0].upper(), *lines[1:]],
    lambda lines: [line.replace("  ", " *") for line in lines],
    lambda lines: [line.replace("\n", "\r\n") for line in lines],
    lambda lines: [*lines, "\n"],
    lambda lines: ["# checked\n", *lines],
    lambda lines: [*lines, f"{'0' * 64}  {SIGNATURE}\n"],
)


def sums_lines() -> Iterator[Case]:
    for at in range(4):
        yield on_files(f"line {at + 1} is not", partial(edit, partial(rename_at, at)), "ssh-keygen")
        yield on_files(
            "has another sha256", partial(edit, partial(redigest_at, at)), "ssh-keygen", "sha256sum"
        )
        yield on_files("does not list", partial(edit, partial(drop_at, at)), "ssh-keygen")
    for change in SPELLINGS:
        yield on_files("SHA256SUMS: line ", partial(edit, change), "ssh-keygen")


def relabel(tag: str, _release: SignedRelease, folder: Path) -> None:
    """Give the release a lower version, and seal it again without the key."""
    document = json.loads((folder / MANIFEST).read_bytes())
    bundle = f"demo-{tag}.tar.gz"
    document |= {"tag": tag, "prerelease": "-" in tag, "bundle": {**document["bundle"], "name": bundle}}
    (folder / BUNDLE).rename(folder / bundle)
    (folder / MANIFEST).write_bytes(canonical_bytes(document))
    reseal(folder)


LOWER = ("v0.1", "v0.2", "v0.5", "v0.8", "v0.8.9", "v0.9-alpha", "v0.9-a", "v0.0.1", "v0.7-rc.1", "v0.9-b")
FLOORS = ("v0.8.1", "v0.8.0.1", "v0.9-a", "v0.9-alpha", "v0.9-beta", "v0.9", "v0.9.1", "v0.10", "v1", "v10.0")


def lowered_sequences() -> Iterator[Case]:
    for tag in LOWER:
        yield on_files("not below the one top folder", partial(relabel, tag), "ssh-keygen")
    for floor in FLOORS:
        says = f"accepts nothing older than {floor}"
        yield Case(lambda *_: None, says, older=True, not_older_than=floor)


def unsigned(clone: Path, commit: str) -> None:
    retag(clone, commit)


def lightweight(clone: Path, commit: str) -> None:
    git(clone, "tag", "--force", TAG, commit)


def missing(clone: Path, _commit: str) -> None:
    git(clone, "tag", "--delete", TAG)


def grafted(clone: Path, commit: str) -> None:
    """The signed tag object with another commit in it, its signature kept."""
    signed = git(clone, "cat-file", "tag", TAG).partition("\n")[2]
    path = clone / "object"
    path.write_text(f"object {git(clone, 'rev-parse', commit)}\n{signed}\n")
    git(clone, "update-ref", f"refs/tags/{TAG}", git(clone, "hash-object", "-t", "tag", "-w", str(path)))
    path.unlink()


Move = Callable[[Path, str], None]


def move_tag(move: Move, ahead: int, _release: SignedRelease, _folder: Path, clone: Path) -> None:
    for number in range(ahead):
        git(clone, "commit", "--quiet", "--allow-empty", f"--message=more {number}")
    move(clone, "HEAD")


def old_object(_release: SignedRelease, _folder: Path, clone: Path) -> None:
    """A tag object that the maintainer did sign, for the older release, under the name of the newer."""
    git(clone, "update-ref", f"refs/tags/{TAG}", git(clone, "rev-parse", f"refs/tags/{OLD}"))


def moved_tags() -> Iterator[Case]:
    for move, ahead in product((lightweight, unsigned, grafted), range(6)):
        yield Case(partial(move_tag, move, ahead), "points to", frozenset({"git"}), in_git=True)
    yield Case(old_object, "leads to an object of another name", in_git=True)
    yield Case(lambda r, _, clone: retag(clone, f"{OLD}^{{}}", r.key), "points to", in_git=True)


def strip(gone: tuple[str, ...], move: Move, release: SignedRelease, folder: Path, clone: Path) -> None:
    remove(gone, release, folder)
    move(clone, f"{TAG}^{{}}")


STRIPPED = ((), (SIGNATURE,), (PROVENANCE,), (SIGNATURE, PROVENANCE))


def stripped_layers() -> Iterator[Case]:
    for gone in STRIPPED:
        tools = {"ssh-keygen" if name == SIGNATURE else "openssl" for name in gone}
        if gone:
            yield on_files("lacks what the policy requires|does not have", partial(remove, gone), *tools)
        for move in (unsigned, lightweight, missing):
            says = "has a .*-signature" if gone and move is unsigned else "lacks what the policy requires"
            yield Case(partial(strip, gone, move), says, frozenset(tools | {"git"}), in_git=True)
    lost = [{"keyid": "", "sig": ""}]
    yield on_files("at least 1 item", lambda _, f: write_envelope(f, signatures=[]), "openssl")
    yield on_files("keyid", lambda _, f: write_envelope(f, signatures=lost), "openssl")
    yield on_files(
        r"\$\.payload: is missing", lambda _, f: (f / PROVENANCE).write_bytes(payload_of(f)), "openssl"
    )
    yield on_files("is not an SSH signature", lambda _, f: (f / SIGNATURE).write_bytes(b""), "ssh-keygen")
    empty = to_armor(b"SSHSIG")
    yield on_files("SHA256SUMS.sig|sums-sig", lambda _, f: (f / SIGNATURE).write_bytes(empty), "ssh-keygen")

"""What a commit holds: its files by mode and object, their attributes, and why a file is missing from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from obrelease.remote.git.objects import ListedObject, read_objects
from obrelease.remote.names import checked_commit
from obrelease.storage.hashing import digest_bytes
from obrelease.storage.temporary import temporary_folder

if TYPE_CHECKING:
    from obrelease.remote.git.process import GitProcess

_SYMLINK_MODE: Final = "120000"
_SUBMODULE_MODE: Final = "160000"
_NO_VALUE: Final = frozenset({"unspecified", "unset"})

CONVERSIONS: Final = ("text", "eol", "crlf", "filter", "ident", "working-tree-encoding")
"""The attributes by which git changes bytes between a commit and a work tree: gitattributes(5)."""


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """An entry of a commit's tree: its mode as git writes it, its object, and its size in bytes.

    The size is None if the repository does not have the object, as a partial clone may not.
    """

    mode: str
    object_id: str
    size: int | None

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file, and not a link or a submodule."""
        return self.mode not in {_SYMLINK_MODE, _SUBMODULE_MODE}

    @property
    def is_symlink(self) -> bool:
        """Whether it is a symbolic link."""
        return self.mode == _SYMLINK_MODE

    @property
    def is_submodule(self) -> bool:
        """Whether it is the commit of another repository."""
        return self.mode == _SUBMODULE_MODE


def entries_at(repo: GitProcess, commit: str, folder: str) -> dict[str, TreeEntry]:
    """The files, links and submodules at or below a folder in a commit, by path from the root, with `/`.

    Raises:
        RemoteError: git failed.
    """
    tree = checked_commit(commit)
    listing = repo.run("ls-tree", "-r", "-z", "--long", "--full-tree", tree, "--", folder)
    entries = (entry.partition("\t") for entry in listing.split("\0") if entry)
    return {path: _entry(facts.split()) for facts, _, path in entries}


def _entry(facts: Sequence[str]) -> TreeEntry:
    mode, _, object_id, size = facts
    return TreeEntry(mode, object_id, int(size) if size.isdecimal() else None)


def blob_digests(repo: GitProcess, files: Mapping[str, TreeEntry]) -> dict[str, str] | None:
    """The sha256 of files of a commit, by path; None if the repository lacks one.

    Raises:
        RemoteError: git failed.
    """
    listed = [
        ListedObject(entry.object_id, entry.size, path)
        for path, entry in files.items()
        if entry.size is not None
    ]
    if len(listed) < len(files):
        return None
    return {file.name: digest_bytes(data) for file, data in read_objects(repo.git_output, listed)}


def attributes_at(repo: GitProcess, commit: str, paths: Sequence[str]) -> dict[str, dict[str, str]]:
    """Those of `CONVERSIONS` that the commit's own `.gitattributes` files give to each path.

    The values are git's: `set`, `unset`, `unspecified` or text. Files outside of the commit, such as
    `info/attributes`, are not read: a clone does not have them.

    Raises:
        RemoteError: git failed.
    """
    with temporary_folder() as scratch:
        place = {"GIT_INDEX_FILE": str(scratch / "index"), "GIT_WORK_TREE": str(scratch)}
        repo.run("read-tree", checked_commit(commit), env=place)
        listing = repo.run(
            "check-attr", "--cached", "-z", "--stdin", *CONVERSIONS, env=place, stdin=_lines(paths)
        )
    found: dict[str, dict[str, str]] = {path: {} for path in paths}
    fields = listing.split("\0")
    for path, name, value in zip(fields[0::3], fields[1::3], fields[2::3], strict=False):
        found.setdefault(path, {})[name] = value
    return found


def conversion_in_every_clone(attributes: Mapping[str, str]) -> str | None:
    """The attribute by which a checkout changes the bytes of a file everywhere, as `eol=crlf`, or None."""
    text, eol = attributes.get("text", "unspecified"), attributes.get("eol", "unspecified")
    if text != "unset" and eol == "crlf":
        return "eol=crlf"
    for name in ("filter", "working-tree-encoding"):
        if attributes.get(name, "unspecified") not in _NO_VALUE:
            return f"{name}={attributes[name]}"
    return "ident" if attributes.get("ident") == "set" else None


def converts_by_configuration(attributes: Mapping[str, str]) -> bool:
    """Whether a clone with `core.autocrlf` may change the line ends of a file."""
    return attributes.get("text", "unspecified") != "unset"


def ignore_rules(repo: GitProcess, paths: Sequence[str]) -> dict[str, str]:
    """The rule by which git ignores a path, as `.gitignore:3: /results/`, by path; only ignored ones."""
    listing = repo.output("check-ignore", "-v", "-z", "--no-index", "--stdin", stdin=_lines(paths)) or ""
    fields = listing.split("\0")
    rules: dict[str, str] = {}
    for source, line, pattern, path in zip(
        fields[0::4], fields[1::4], fields[2::4], fields[3::4], strict=False
    ):
        if source and not pattern.startswith("!"):
            rules[path] = f"{source}:{line}: {pattern}"
    return rules


def _lines(paths: Iterable[str]) -> bytes:
    return "".join(f"{path}\0" for path in paths).encode("utf-8", "surrogateescape")

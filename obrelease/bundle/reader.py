"""Strict reader of untrusted archives: members are streamed and checked before anything is unpacked.

Python's `tarfile` repairs or ignores most of what is refused here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from obrelease.bundle import ustar
from obrelease.bundle.archive_rules import LIMITS, Limits, RefusedArchive, Rule
from obrelease.bundle.gzip_reader import GzipReader
from obrelease.bundle.member_paths import PathRules
from obrelease.bundle.writer import ArchiveDigests
from obrelease.models.manifest import BundleMember
from obrelease.storage.files import CHUNK_BYTES, open_regular
from obrelease.storage.hashing import Hasher
from obrelease.storage.limits import Resource, charge
from obrelease.storage.system_errors import storage_errors

Sink = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class BundleContents:
    """The content of an archive that was read completely and breaks no rule."""

    top: str
    members: tuple[BundleMember, ...]
    written: ArchiveDigests


def read_bundle(path: Path, *, top: str | None = None, limits: Limits = LIMITS) -> BundleContents:
    """Read the whole archive and write nothing.

    Args:
        top: the folder that all members must be in; by default, that of the first member.

    Raises:
        RefusedArchive: a rule is broken; the error names it.
        NotFound, InvalidInput, StorageError: the file does not exist, is not regular, or cannot be read.
    """
    with _open(path, top, limits) as reading:
        return reading.run(lambda _path: None)


def unpack_bundle(path: Path, folder: Path, expected: BundleContents, *, limits: Limits = LIMITS) -> None:
    """Write the members below `folder`, a new folder, after `read_bundle` has passed the same file.

    Raises:
        RefusedArchive: the file is not the one that was read before.
        StorageError: the operating system refused, or something exists at a target path.
    """
    with storage_errors(folder):
        folder.mkdir(mode=0o700)
        with _open(path, expected.top, limits) as reading:
            found = reading.run(lambda member: folder / member)
    if found != expected:
        raise RefusedArchive(str(path), Rule.GZIP_DATA, "changed while it was read")


@contextmanager
def _open(path: Path, top: str | None, limits: Limits) -> Iterator[_Pass]:
    with open_regular(path) as file:
        where = path.name
        yield _Pass(GzipReader(file, where, limits), where, PathRules(where, top), limits)


class _Pass:
    """One pass over an archive."""

    def __init__(self, stream: GzipReader, where: str, rules: PathRules, limits: Limits) -> None:
        self._stream = stream
        self._where = where
        self._rules = rules
        self._limits = limits

    def run(self, place: Callable[[str], Path | None]) -> BundleContents:
        members: list[BundleMember] = []
        while (block := self._block()) != ustar.END[: ustar.BLOCK_BYTES]:
            if len(members) == self._limits.members:
                self._refuse(Rule.MEMBER_COUNT, f"more than {self._limits.members} members")
            charge(Resource.MEMBERS, 1, self._where)
            members.append(self._member(block, place))
        if self._block() != ustar.END[ustar.BLOCK_BYTES :]:
            self._refuse(Rule.TRAILING_DATA, "more data after one empty block")
        self._stream.finish()
        outer, inner = self._stream.outer, self._stream.inner
        written = ArchiveDigests(outer.size, outer.hexdigest(), inner.size, inner.hexdigest())
        return BundleContents(self._rules.top, tuple(members), written)

    def _member(self, block: bytes, place: Callable[[str], Path | None]) -> BundleMember:
        full, size = ustar.parse(block, self._where)
        path = self._rules.accept(full)
        ustar.require_exact(block, full, size, self._where)
        target = place(path)
        if target is None:
            charge(Resource.UNPACKED, size, self._where)
            digest = self._content(full, size, lambda _: None)
        else:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
            with os.fdopen(os.open(target, flags, 0o600), "wb") as file:
                digest = self._content(full, size, file.write)
        return BundleMember(path=path, size=size, sha256=digest)

    def _content(self, full: str, size: int, sink: Sink) -> str:
        digest = Hasher()
        while digest.size < size:
            chunk = self._stream.read(min(CHUNK_BYTES, size - digest.size))
            if not chunk:
                self._refuse(Rule.TRUNCATED, f"ends inside member {full!a}")
            digest.update(chunk)
            sink(chunk)
        if any(self._exactly(ustar.padding(size))):
            self._refuse(Rule.PADDING, f"hidden bytes after member {full!a}")
        return digest.hexdigest()

    def _block(self) -> bytes:
        return self._exactly(ustar.BLOCK_BYTES)

    def _exactly(self, count: int) -> bytes:
        data = self._stream.read(count)
        if len(data) < count:
            self._refuse(Rule.TRUNCATED, "ends between members")
        return data

    def _refuse(self, rule: Rule, detail: str) -> NoReturn:
        raise RefusedArchive(self._where, rule, detail)

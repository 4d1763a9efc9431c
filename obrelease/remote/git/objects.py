"""Reads git objects by their IDs in few processes, each with an output of a known size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from obrelease.errors import Conflict, InvalidInput, RemoteError
from obrelease.remote.git.bounded_process import GitOutput, ProcessLimits
from obrelease.storage.hashing import digest_bytes

MAX_TAG_BYTES: Final = 2**20
"""The largest tag object that is read. A release tag of this program, with both signatures, has less."""

_MAX_SOURCE_BYTES: Final = 256 * 2**20
"""The most that the compared files of one commit may have in sum."""

_TAG_FORMAT: Final = "--format=%(refname:strip=2)%00%(objectname)%00%(objecttype)%00%(objectsize)"
_BATCH_BYTES: Final = 32 * 2**20
_BATCH_OBJECTS: Final = 20_000
_HEADER_BYTES: Final = 128
"""More than the line before each object, and the line break after it."""

RunGit = Callable[..., GitOutput]
"""Runs git with arguments, and optionally `limits` and `stdin`."""


@dataclass(frozen=True, slots=True)
class ListedObject:
    """An object that a listing names: its ID, its size in bytes, and the name that it has there."""

    object_id: str
    size: int
    name: str


def read_objects(run: RunGit, listed: Iterable[ListedObject]) -> Iterator[tuple[ListedObject, bytes]]:
    """The content of each object, in the order of the listing.

    Raises:
        RemoteError: git does not have one of them, or gives another size than the listing.
    """
    for batch in _batches(listed):
        total = sum(each.size + _HEADER_BYTES for each in batch)
        wanted = "".join(f"{each.object_id}\n" for each in batch).encode("ascii")
        output = run("cat-file", "--batch", limits=ProcessLimits(output_bytes=total), stdin=wanted)
        yield from _parsed(batch, memoryview(output.stdout))


def _batches(listed: Iterable[ListedObject]) -> Iterator[list[ListedObject]]:
    batch: list[ListedObject] = []
    size = 0
    for each in listed:
        if batch and (size + each.size > _BATCH_BYTES or len(batch) == _BATCH_OBJECTS):
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += each.size
    if batch:
        yield batch


def _parsed(batch: Iterable[ListedObject], output: memoryview) -> Iterator[tuple[ListedObject, bytes]]:
    """The objects in the output of `git cat-file --batch`: `<id> <type> <size>`, content, line break."""
    at = 0
    for each in batch:
        head = bytes(output[at : at + _HEADER_BYTES]).partition(b"\n")[0]
        fields = head.split(b" ")
        start = at + len(head) + 1
        end = start + each.size
        if fields[0].decode("ascii", "replace") != each.object_id or fields[-1] != b"%d" % each.size:
            raise RemoteError(f"git cat-file: {each.object_id} cannot be read")
        yield each, bytes(output[start:end])
        at = end + 1


def tag_messages(run: RunGit) -> Iterator[tuple[str, str]]:
    """See `GitRepository.tag_messages`."""
    tags: list[ListedObject] = []
    for line in run("for-each-ref", _TAG_FORMAT, "refs/tags").text.split("\n")[:-1]:
        name, object_id, kind, size = line.split("\0")
        if kind == "tag" and int(size) <= MAX_TAG_BYTES:
            tags.append(ListedObject(object_id, int(size), name))
    for tag, data in read_objects(run, tags):
        yield tag.name, data.decode("utf-8", "surrogateescape").partition("\n\n")[2]


def read_tag(run: RunGit, name: str, object_id: str) -> str:
    """The text of a tag object.

    Raises:
        Conflict: it is larger than `MAX_TAG_BYTES`.
    """
    size = int(run("cat-file", "-s", object_id).text)
    if size > MAX_TAG_BYTES:
        raise Conflict(
            f"the tag {name} has {size:,} bytes, more than a release tag can have",
            hint="choose another name, or inspect the tag",
        )
    text: str = run("cat-file", "tag", object_id).text
    return text


def file_digests(run: RunGit, tree: str, folders: Sequence[str]) -> dict[str, str] | None:
    """See `GitRepository.digests_at`."""
    listing = run("ls-tree", "-r", "-z", "--long", "--full-tree", tree, "--", *folders).text
    entries = [entry.partition("\t") for entry in listing.split("\0") if entry]
    blobs = [(facts.split(), path) for facts, _, path in entries if facts.startswith("100")]
    if not all(facts[3].isdecimal() for facts, _ in blobs):
        return None
    files = [ListedObject(facts[2], int(facts[3]), path) for facts, path in blobs]
    if sum(file.size for file in files) > _MAX_SOURCE_BYTES:
        raise InvalidInput(
            f"the commit {tree} has more than {_MAX_SOURCE_BYTES:,} bytes below {', '.join(folders)}"
        )
    return {file.name: digest_bytes(data) for file, data in read_objects(run, files)}

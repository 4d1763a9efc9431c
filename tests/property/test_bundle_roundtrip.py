"""Rules of bundles, over generated contents and generated nonsense."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from obrelease.bundle import ustar
from obrelease.bundle.archive_rules import RefusedArchive
from obrelease.bundle.reader import read_bundle, unpack_bundle
from obrelease.bundle.writer import write_bundle
from obrelease.storage.hashing import digest_bytes
from tests.unit.bundle.archives import TOP, gzipped, member, sources

names = st.from_regex(r"[a-z][a-z0-9_-]{0,30}", fullmatch=True).filter(
    lambda name: name not in {"con", "prn", "aux", "nul"}
)
paths = st.lists(names, min_size=1, max_size=4).map("/".join)
contents_of_bundles = st.dictionaries(paths, st.binary(max_size=2000), max_size=8).filter(
    lambda contents: not any(a != b and b.startswith(f"{a}/") for a in contents for b in contents)
)


@settings(max_examples=40, deadline=None)
@given(contents_of_bundles)
def test_packed_content_is_read_back(contents: dict[str, bytes]) -> None:
    """Rule: a bundle is a function of its contents alone, and reading it gives exactly them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = sources(folder / "content", contents)
        written = write_bundle(folder / "one", TOP, made, lambda _: None)
        again = write_bundle(folder / "two", TOP, made[::-1], lambda _: None)
        assert written == again
        assert (folder / "one").read_bytes() == (folder / "two").read_bytes()
        found = read_bundle(folder / "one")
        assert found.written == written
        assert {m.path: m.sha256 for m in found.members} == {p: digest_bytes(d) for p, d in contents.items()}
        unpack_bundle(folder / "one", folder / "out", found)
        assert {p: (folder / "out" / p).read_bytes() for p in contents} == contents


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=3000), st.booleans(), st.integers(0, 1023), st.binary(min_size=1, max_size=40))
def test_any_bytes_are_read_or_refused(noise: bytes, inside: bool, at: int, patch: bytes) -> None:
    """Rule: a reader raises nothing outside the error tree, whatever the bytes."""
    tar = member(f"{TOP}/a") + ustar.END
    tar = (tar[:at] + patch + tar[at + len(patch) :]) + (noise if inside else b"")
    with tempfile.TemporaryDirectory() as name:
        for data in (noise, gzipped(tar), gzipped(tar)[:10] + noise):
            path = Path(name) / "x"
            path.write_bytes(data)
            try:
                members = read_bundle(path).members
            except RefusedArchive:
                continue
            assert [member.path for member in members] in ([], ["a"])

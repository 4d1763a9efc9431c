"""A record keeps every byte, and no changed byte escapes."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from obrelease.models.archive_paths import is_reserved_name
from obrelease.models.artefact import Artefact, own_series
from obrelease.registry.fsck import fsck
from obrelease.registry.store import Registry
from obrelease.storage.durable import NewFile
from tests.drafts import draft

names = st.from_regex(r"[a-z0-9]{1,8}\.(csv|hlog|svg)", fullmatch=True)
paths = names | st.builds(lambda folder, name: f"in-{folder[0]}/{name}", names, names)
contents = st.dictionaries(paths, st.binary(max_size=300), max_size=4)
numbers = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-1e15, 1e15)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
slugs = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True)
scenarios = slugs.filter(lambda name: not is_reserved_name(name))


@st.composite
def drafts(draw: st.DrawFn) -> Artefact:
    samples = tuple(draw(st.lists(numbers, min_size=1, max_size=6)))
    return draft(
        draw(st.integers(0, 2**32)),
        scenario=draw(scenarios),
        command=tuple(draw(st.lists(texts, max_size=3))),
        parameters=draw(st.dictionaries(slugs, texts | numbers | st.booleans(), max_size=3)),
        metrics=(own_series("samples", "ns", samples),),
    )


def new_files(content: dict[str, bytes]) -> list[NewFile]:
    return [NewFile(path, "application/octet-stream", data) for path, data in content.items()]


@settings(max_examples=25, deadline=None)
@given(drafts(), contents)
def test_a_recorded_run_is_found_loaded_and_sound(artefact: Artefact, content: dict[str, bytes]) -> None:
    """Rule: after `record`, every byte is there under its digest, and `fsck` is clean."""
    with tempfile.TemporaryDirectory() as made:
        registry = Registry(Path(made) / "results")
        entry = registry.record(artefact, new_files(content))
        assert registry.resolve(entry.digest[:12]) == entry
        assert registry.load(entry).model_copy(update={"files": ()}) == artefact
        assert {path: (entry.folder / path).read_bytes() for path in content} == content
        report = fsck(registry.root)
        assert (report.problems, report.notes) == ((), ())


@settings(max_examples=15, deadline=None)
@given(contents, st.data())
def test_any_flipped_bit_is_found(content: dict[str, bytes], data: st.DataObject) -> None:
    """Rule: one changed bit in any file of any run makes `fsck` name that run, and no other."""
    with tempfile.TemporaryDirectory() as made:
        registry = Registry(Path(made) / "results")
        registry.record(draft(1), new_files(content))
        entry = registry.record(draft(2), new_files(content))
        files = sorted(path for path in entry.folder.rglob("*") if path.is_file() and path.stat().st_size)
        for _ in range(10):
            path = data.draw(st.sampled_from(files))
            sound = path.read_bytes()
            bit = data.draw(st.integers(0, 8 * len(sound) - 1))
            flipped = bytearray(sound)
            flipped[bit // 8] ^= 1 << (bit % 8)
            path.write_bytes(flipped)
            problems = fsck(registry.root).problems
            assert problems
            assert all(problem.path.startswith(str(entry.folder)) for problem in problems)
            path.write_bytes(sound)
        assert fsck(registry.root).problems == ()

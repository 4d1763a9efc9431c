"""A tree's native core is built beside the tree: the tree itself stays what its commit says."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease.recorder.against import build_native

CMAKE = """#!/bin/sh
case "$1" in
  -S) mkdir -p "$4" && echo configured > "$4/cache" ;;
  --build) echo core > "$2/_native.abi3.so" ;;
esac
"""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    programs, source = tmp_path / "bin", tmp_path / "base"
    programs.mkdir()
    (source / "engine" / "obengine").mkdir(parents=True)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    return source


def with_cmake(tree: Path, script: str) -> None:
    program = tree.parent / "bin" / "cmake"
    program.write_text(script)
    program.chmod(0o755)


def test_the_tree_gains_the_module_and_nothing_else(tree: Path) -> None:
    with_cmake(tree, CMAKE)
    assert build_native(tree) is None
    assert [path for path in tree.rglob("*") if path.is_file()] == [tree / "engine/obengine/_native.abi3.so"]


def test_a_failed_build_says_why_in_a_line(tree: Path) -> None:
    with_cmake(tree, "#!/bin/sh\necho 'no compiler here' >&2\nexit 1\n")
    assert build_native(tree) == "no compiler here"

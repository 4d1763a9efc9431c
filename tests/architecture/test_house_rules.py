"""The house rules that no import contract can say, checked on the source itself."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (ROOT / "obrelease", ROOT / "engine" / "obengine")
MAX_LINES = 400
VAGUE = re.compile(r"^(utils?|helpers?|common|misc|managers?)$")


def sources() -> list[Path]:
    """Every Python file of the two packages."""
    return sorted(path for package in PACKAGES for path in package.rglob("*.py"))


def tracked(*patterns: str) -> list[Path]:
    """Files that git tracks and that are there, by pathspec."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, capture_output=True, check=True
    )
    return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def attribute_uses(tree: ast.AST, module: str) -> Iterator[str]:
    """Names that are read as `module.name` or imported from `module`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == module:
            yield node.attr
        elif isinstance(node, ast.ImportFrom) and node.module == module:
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
class TestEachSource:
    def test_opens_with_a_docstring_and_stays_small(self, path: Path) -> None:
        text = path.read_text("utf-8")
        assert ast.get_docstring(ast.parse(text)), "the first line says what the room is for"
        assert len(text.splitlines()) <= MAX_LINES
        assert not VAGUE.match(path.stem)

    def test_the_environment_is_read_in_settings_alone(self, path: Path) -> None:
        uses = set(attribute_uses(ast.parse(path.read_text("utf-8")), "os"))
        if path.relative_to(ROOT).as_posix() != "obrelease/cli/console/settings.py":
            assert not uses & {"environ", "getenv", "putenv", "environb"}

    def test_time_comes_through_its_two_doors(self, path: Path) -> None:
        tree = ast.parse(path.read_text("utf-8"))
        if path.relative_to(ROOT).as_posix() in {
            "engine/obengine/harness/clock.py",
            "obrelease/cli/console/clock.py",
        }:
            return
        assert not set(attribute_uses(tree, "time")) - {"sleep", "monotonic"}
        assert not {"now", "utcnow", "today"} & set(attribute_uses(tree, "datetime"))

    def test_chance_comes_from_our_own_generator(self, path: Path) -> None:
        tree = ast.parse(path.read_text("utf-8"))
        imported = {
            name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in (
                [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module]
            )
        }
        assert "random" not in imported
        assert "random" not in set(attribute_uses(tree, "np"))

    def test_a_generator_of_chance_stands_in_two_places_alone(self, path: Path) -> None:
        """The engine's flow and the bootstrap each have a SplitMix64; its increment is its mark."""
        doors = {"engine/obengine/api/prng.py", "obrelease/analysis/statistics/random_stream.py"}
        if path.relative_to(ROOT).as_posix() not in doors:
            assert "9e3779b97f4a7c15" not in path.read_text("utf-8").lower().replace("_", "")

    def test_hashing_goes_through_its_door(self, path: Path) -> None:
        place = path.relative_to(ROOT).as_posix()
        if place.startswith(("engine/", "obrelease/storage/")) or place == "obrelease/models/canonical.py":
            return
        assert not re.search(r"^\s*(import|from) (hashlib|rfc8785)\b", path.read_text("utf-8"), re.MULTILINE)

    def test_no_global_matplotlib_state(self, path: Path) -> None:
        text = path.read_text("utf-8")
        assert "pyplot" not in text
        assert not re.search(r"rcParams(\[|\.update)", text)


def test_no_machine_paths_or_download_addresses_are_tracked() -> None:
    """A fresh clone must not carry the place where it was written."""
    path_like = re.compile(r"""(?:^|["'\s=(])/(?:work|root|home)/[a-z]""", re.MULTILINE)
    resolved = re.compile(r'"resolved":\s*"https?:')
    for path in tracked("*.py", "*.toml", "*.sh", "*.yml", "*.json", "*.txt", ".ci/*", "*.hpp", "*.cpp"):
        if path == Path(__file__).resolve():
            continue
        text = path.read_text("utf-8", errors="replace")
        assert not path_like.search(text), path
        assert not resolved.search(text), path


def test_constraints_pin_names_and_versions_only() -> None:
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines():
        assert re.fullmatch(r"(#.*|[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+( ; .+)?|)", line), line


def test_the_import_contracts_hold() -> None:
    from importlinter.cli import lint_imports

    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0

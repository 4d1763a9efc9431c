"""The house rules that no import contract can express, checked on the sources themselves.

A rule is a function. Each is applied to every file of the two packages, and to a seeded file that breaks it.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = (ROOT / "obrelease", ROOT / "engine" / "obengine")
MAX_LINES: Final = 400
VAGUE: Final = re.compile(r"_?(utils?|helpers?|common|misc|managers?)")


@dataclass(frozen=True)
class Source:
    """A Python file of the packages, by its path below the repository."""

    place: str
    text: str

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the file's syntax tree; the first one is the module."""
        return list(ast.walk(ast.parse(self.text)))

    @cached_property
    def imports(self) -> set[str]:
        """Every module that is imported, and `module.name` for every name from it, absolute."""
        found: set[str] = set()
        for node in self.nodes:
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        return found

    def uses(self, module: str) -> set[str]:
        """Names that are read as `module.name` or imported from `module`."""
        read = {
            node.attr
            for node in self.nodes
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == module
        }
        return read | {
            name.removeprefix(f"{module}.") for name in self.imports if name.startswith(f"{module}.")
        }


Rule = Callable[[Source], bool]
"""Whether a source breaks the rule."""


def has_no_docstring(source: Source) -> bool:
    return not ast.get_docstring(source.nodes[0])  # type: ignore[arg-type]


def is_too_long(source: Source) -> bool:
    return len(source.text.splitlines()) > MAX_LINES


def has_a_vague_name(source: Source) -> bool:
    return any(VAGUE.fullmatch(part) for part in source.place.removesuffix(".py").split("/"))


def reads_the_environment(source: Source) -> bool:
    """Settings are a value that is read in one file, and what a shell asks on a tab in another.

    The probe of imports runs in the interpreter that is measured, and reports what that one inherits.
    """
    allowed = {
        "obrelease/cli/console/settings.py",
        "obrelease/cli/console/shells.py",
        "obrelease/measurement/import_probe.py",
    }
    names = {"environ", "environb", "getenv", "putenv"}
    return source.place not in allowed and bool(names & source.uses("os"))


def reads_a_clock(source: Source) -> bool:
    """Time comes through one file of each package; a deadline may use the monotonic clock."""
    allowed = {"obrelease/api/clock.py", "engine/obengine/harness/clock.py"}
    if source.place in allowed:
        return False
    now = any(
        isinstance(node, ast.Attribute)
        and node.attr in {"now", "utcnow", "today"}
        and ast.unparse(node.value).split(".")[-1] in {"datetime", "date"}
        for node in source.nodes
    )
    return now or bool(source.uses("time") - {"sleep", "monotonic"})


def draws_random_numbers(source: Source) -> bool:
    """Random numbers come from our own generators alone, so that they are the same everywhere."""
    return "random" in source.imports | source.uses("np") | source.uses("numpy")


def has_a_generator_of_its_own(source: Source) -> bool:
    """SplitMix64, known by its increment, is written once in each package."""
    allowed = {"engine/obengine/api/prng.py", "obrelease/analysis/statistics/random_stream.py"}
    return source.place not in allowed and "9e3779b97f4a7c15" in source.text.lower().replace("_", "")


def makes_canonical_bytes(source: Source) -> bool:
    """RFC 8785 is applied in one file; hashing is guarded by an import contract."""
    return source.place != "obrelease/models/canonical_json.py" and "rfc8785" in source.imports


def uses_global_plot_state(source: Source) -> bool:
    return "pyplot" in source.text or bool(re.search(r"rcParams(\[|\.update)", source.text))


def imports_relatively(source: Source) -> bool:
    """An absolute import is found by a search for the module's name."""
    return any(isinstance(node, ast.ImportFrom) and node.level for node in source.nodes)


RULES: Final[dict[Rule, Source]] = {
    has_no_docstring: Source("obrelease/seeded.py", "import os\n"),
    is_too_long: Source("obrelease/seeded.py", '"""Seeded."""\n' * (MAX_LINES + 1)),
    has_a_vague_name: Source("obrelease/utils/seeded.py", '"""Seeded."""\n'),
    reads_the_environment: Source("obrelease/seeded.py", "from os import getenv\n"),
    reads_a_clock: Source("obrelease/seeded.py", "import time\n\nNOW = time.time()\n"),
    draws_random_numbers: Source("obrelease/seeded.py", "def draw():\n    import random\n"),
    has_a_generator_of_its_own: Source("obrelease/seeded.py", "STEP = 0x9E3779B9_7F4A7C15\n"),
    makes_canonical_bytes: Source("obrelease/seeded.py", "from rfc8785 import dumps\n"),
    uses_global_plot_state: Source("obrelease/seeded.py", "from matplotlib import pyplot\n"),
    imports_relatively: Source("obrelease/seeded.py", "from . import errors\n"),
}
"""Every rule, with a source that breaks it."""


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    """Every Python file of the two packages."""
    found = sorted(path for package in PACKAGES for path in package.rglob("*.py"))
    return [Source(path.relative_to(ROOT).as_posix(), path.read_text("utf-8")) for path in found]


def offenders(rule: Rule, sources: list[Source]) -> list[str]:
    """The places of the sources that break a rule."""
    return [source.place for source in sources if rule(source)]


def rule_name(rule: Rule) -> str:
    return rule.__name__


@pytest.mark.parametrize("rule", RULES, ids=rule_name)
def test_no_source_breaks_the_rule(rule: Rule, sources: list[Source]) -> None:
    assert len(sources) > 100
    assert offenders(rule, sources) == []


@pytest.mark.parametrize("rule", RULES, ids=rule_name)
def test_a_seeded_offender_is_named(rule: Rule, sources: list[Source]) -> None:
    assert offenders(rule, [*sources, RULES[rule]]) == [RULES[rule].place]


def test_unit_tests_are_named_after_the_module_that_they_test() -> None:
    """`tests/unit/<package>/test_<module>*.py`, with a module of that name somewhere in the package."""
    folder = ROOT / "tests" / "unit"
    astray = []
    for path in sorted(folder.rglob("test_*.py")):
        package = path.relative_to(folder).parts[0]
        if package.startswith("engine"):
            continue
        modules = {
            package,
            *(item.stem for item in (PACKAGES[0] / package).rglob("*") if item.suffix in {".py", ""}),
        }
        name = path.stem.removeprefix("test_")
        if not any(f"{name}_".startswith(f"{module}_") for module in modules):
            astray.append(path.relative_to(ROOT).as_posix())
    assert astray == []


def tracked(*patterns: str) -> list[Path]:
    """Files that git tracks and that are there, by pathspec."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, capture_output=True, check=True
    )
    return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


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

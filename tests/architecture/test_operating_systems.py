"""No code uses what only Linux has without asking for the system first; a seeded offender is found.

The list of what a system has is the standard library's typing information, which mypy knows for each system:
`scripts/run_ci_checks.sh` runs mypy as for Windows and for macOS. Modules that are missing are found here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.as_another_system import WINDOWS_LACKS, WINDOWS_LACKS_MODULES

ROOT: Final = Path(__file__).resolve().parents[2]
SOURCES: Final = [
    path for package in (ROOT / "obrelease", ROOT / "engine" / "obengine") for path in package.rglob("*.py")
]


def unguarded(text: str) -> list[str]:
    """The names in a source that a system lacks and that no question for the system precedes.

    A question is `sys.platform`, `hasattr` or `getattr` in the function, or an assertion of the module.
    """
    tree = ast.parse(text)
    if any(isinstance(node, ast.Assert) and "sys.platform" in ast.unparse(node) for node in tree.body):
        return []
    return sorted(set(_uses(tree, asked=False)))


def _uses(node: ast.AST, *, asked: bool) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        asked = asked or "sys.platform" in ast.unparse(node)
    if not asked:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in WINDOWS_LACKS_MODULES)
        elif isinstance(node, ast.ImportFrom):
            if node.module in WINDOWS_LACKS_MODULES:
                yield str(node.module)
            lacking = WINDOWS_LACKS.get(str(node.module), ())
            yield from (f"{node.module}.{alias.name}" for alias in node.names if alias.name in lacking)
        elif isinstance(node, ast.Attribute) and node.attr in WINDOWS_LACKS.get(ast.unparse(node.value), ()):
            yield f"{ast.unparse(node.value)}.{node.attr}"
    for child in ast.iter_child_nodes(node):
        yield from _uses(child, asked=asked)


def test_no_source_uses_what_a_system_lacks_without_asking() -> None:
    assert len(SOURCES) > 300
    found = {path.relative_to(ROOT).as_posix(): unguarded(path.read_text("utf-8")) for path in SOURCES}
    assert {place: names for place, names in found.items() if names} == {}


OFFENDERS: Final = {
    "import fcntl\n": ["fcntl"],
    "def lock():\n    import fcntl\n": ["fcntl"],
    "from resource import getrusage\n": ["resource"],
    "import os\n\ndef owner():\n    return os.geteuid()\n": ["os.geteuid"],
    "from os import fork\n": ["os.fork"],
    "import signal\nENDED = signal.SIGKILL\n": ["signal.SIGKILL"],
    "import os\nFLAGS = os.O_NOFOLLOW | os.O_CLOEXEC\n": ["os.O_CLOEXEC", "os.O_NOFOLLOW"],
    "import os, sys\n\ndef a():\n    sys.platform\n\ndef b():\n    return os.getuid()\n": ["os.getuid"],
}


@pytest.mark.parametrize("text", OFFENDERS)
def test_a_seeded_offender_is_found(text: str) -> None:
    assert unguarded(text) == OFFENDERS[text]


@pytest.mark.parametrize(
    "text",
    [
        "import os\n\ndef a():\n    if sys.platform == 'win32':\n        return 0\n    return os.geteuid()\n",
        "import os\nFLAG = getattr(os, 'O_CLOEXEC', 0)\n",
        "import os, sys\nassert sys.platform != 'win32'\nos.fork()\n",
    ],
)
def test_a_use_after_a_question_passes(text: str) -> None:
    assert unguarded(text) == []


def test_the_checks_run_mypy_for_each_system() -> None:
    script = (ROOT / "scripts" / "run_ci_checks.sh").read_text("utf-8")
    assert 'for system in win32 darwin; do\n  "$bin/mypy" --platform "$system"' in script
    assert 'for system in "${systems[@]}"; do wait "$system"; done' in script

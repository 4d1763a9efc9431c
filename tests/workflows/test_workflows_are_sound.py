"""Every workflow passes zizmor, the schema and our own rules, and seeded faults fail them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.workflows.linters import complaints

ROOT = Path(__file__).resolve().parents[2]
RELEASE = ROOT / ".github" / "workflows" / "release.yml"
CHECKED = (
    *sorted((ROOT / ".github" / "workflows").glob("*.yml")),
    *sorted((ROOT / ".github" / "actions").glob("*/action.yml")),
    *sorted((ROOT / "obrelease").rglob("*.yml")),
)

SEEDED = {
    "unpinned action": (
        r"actions/setup-python@[0-9a-f]{40} # v[\d.]+",
        "actions/setup-python@v7",
        ("zizmor: unpinned-uses", "house: pinned"),
    ),
    "every permission": (
        r"^permissions: \{\}$",
        "permissions: write-all",
        ("zizmor: excessive-permissions", "house: permissions"),
    ),
    "template injection": (
        r'obrelease bundle "\$GITHUB_REF_NAME"',
        'obrelease bundle "${{ github.event.head_commit.message }}"',
        ("zizmor: template-injection", "house: injection"),
    ),
    "pull_request_target that checks out a contributor's code": (
        r"^  push:\n    tags: \[\"v\*\"\]$",
        "  pull_request_target:",
        ("zizmor: dangerous-triggers", "house: trigger"),
    ),
    "no timeout": (r"^    timeout-minutes: 45\n", "", ("house: timeout: wheels",)),
    "token left in the checkout": (
        r"persist-credentials: false",
        "persist-credentials: true",
        ("zizmor: artipacked", "house: credentials"),
    ),
    "build job that can write": (
        r"(name: wheels .*\n(?:.*\n){3}      contents: )read",
        r"\1write # why not",
        ("house: token: wheels",),
    ),
    "signing job that runs code": (
        r"(name: attest\n(?:.*\n){6}    steps:\n)",
        r"\1      - name: Look\n        run: ls\n",
        ("house: token: attest can sign",),
    ),
    "publishing job without an environment": (
        r"^    environment: pypi\n",
        "",
        ("house: token: package-index can publish without",),
    ),
    "publishing job with code of the repository": (
        r"^          sparse-checkout: locks\n",
        "",
        ("house: token: package-index can publish, and has code",),
    ),
    "cache in a release": (
        r'(          python-version: "3.11"\n)',
        r"\1          cache: pip\n",
        ("house: cache",),
    ),
    "misspelt key": (r"^    runs-on:", "    runs_on:", ("schema: github-workflows",)),
}


@pytest.mark.parametrize("path", CHECKED, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_linter_has_a_complaint(path: Path) -> None:
    assert complaints(path) == []


def test_all_required_workflows_are_checked() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in CHECKED}
    assert {".github/workflows/ci.yml", ".github/workflows/release.yml"} <= names
    assert ".github/actions/release/action.yml" in names


@pytest.mark.parametrize("fault", SEEDED)
def test_a_seeded_fault_is_found(fault: str, tmp_path: Path) -> None:
    pattern, replacement, expected = SEEDED[fault]
    spoilt, count = re.subn(pattern, replacement, RELEASE.read_text("utf-8"), count=1, flags=re.MULTILINE)
    assert count == 1
    path = tmp_path / ".github" / "workflows" / "release.yml"
    path.parent.mkdir(parents=True)
    path.write_text(spoilt, "utf-8")
    found = complaints(path)
    for words in expected:
        assert any(line.startswith(words) for line in found), found

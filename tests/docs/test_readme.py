"""The README and the pages that continue it: links, and every code block run in order."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.program import ROOT, write_launcher

DOCS = ROOT / "docs"
README = ROOT / "README.md"
SHELL_PAGES = ("docs/measuring.md", "docs/releases.md")
PYTHON_PAGES = ("docs/engine.md",)
VERIFYING = ("FILES", "TAG_COMMANDS", "PROVENANCE_COMMANDS")


def code_blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def test_the_two_commands_for_contributors_are_in_the_readme() -> None:
    text = README.read_text("utf-8")
    assert "\n    scripts/run_release_demo.sh\n" in text
    assert "\n    scripts/run_ci_checks.sh\n" in text


def test_every_page_is_in_the_index() -> None:
    linked = set(re.findall(r"\]\(([a-z-]+\.md)\)", (DOCS / "index.md").read_text("utf-8")))
    assert linked == {page.name for page in DOCS.glob("*.md")} - {"index.md"}


def test_links_to_headings_lead_to_one() -> None:
    for page in (README, *DOCS.glob("*.md")):
        for target, heading in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", page.read_text("utf-8")):
            other = (page.parent / target) if target else page
            headings = re.findall(r"^#+ (.+)$", other.read_text("utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in headings}
            assert heading in slugs, (page.name, target, heading)


def test_every_block_of_code_is_on_a_page_that_is_run() -> None:
    """Rule: a block in sh or python is run by a test of this folder."""
    own_tests = {"docs/importing.md", "docs/python-api.md", "docs/simulation.md", "docs/sweeps.md"}
    run = {*SHELL_PAGES, *PYTHON_PAGES, *own_tests}
    pages = (README, *DOCS.glob("*.md"))
    having = {
        page.relative_to(ROOT).as_posix()
        for page in pages
        if code_blocks(page, "sh") or code_blocks(page, "python")
    }
    assert having == run


def test_the_commands_that_verify_without_obrelease_are_those_under_test() -> None:
    tested = (ROOT / "tests" / "integration" / "test_verify_with_standard_tools.py").read_text("utf-8")
    page = (DOCS / "releases.md").read_text("utf-8")
    for name in VERIFYING:
        (commands,) = re.findall(rf'^{name}: Final = r"""\n(.*?)"""$', tested, re.MULTILINE | re.DOTALL)
        assert f"```bash\n{commands}```" in page, name


@pytest.fixture
def scratch(tmp_path: Path) -> dict[str, str]:
    """A scratch clone with `obrelease` on the path, and an empty home."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--no-tags", str(ROOT), str(clone)], check=True)
    tools = tmp_path / "bin"
    write_launcher(tools)
    (tools / "python3").symlink_to(sys.executable)
    (tmp_path / "home").mkdir()
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("OBRELEASE_", "GITHUB_"))}
    person = {"NAME": "t", "EMAIL": "t@example.org"}
    roles = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in person.items()}
    return kept | {
        **roles,
        "HOME": str(tmp_path / "home"),
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PWD": str(clone),
    }


@pytest.mark.parametrize("name", SHELL_PAGES)
def test_every_shell_block_runs_in_order(name: str, scratch: dict[str, str]) -> None:
    bash = shutil.which("bash")
    assert bash
    blocks = code_blocks(ROOT / name, "sh")
    assert blocks
    for block in blocks:
        done = subprocess.run(
            [bash, "-euo", "pipefail", "-c", block],
            cwd=scratch["PWD"],
            env=scratch,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize(
    "block", [block for name in PYTHON_PAGES for block in code_blocks(ROOT / name, "python")]
)
def test_every_python_block_runs(block: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", block], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr

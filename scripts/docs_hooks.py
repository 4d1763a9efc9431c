"""Hooks of mkdocs: pages that are made from the program, and the files outside `docs/` that pages link to."""

from __future__ import annotations

import json
import posixpath
import re
import sys
from pathlib import Path
from typing import Any, Final

from mkdocs.structure.files import File

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "engine")]

from scripts import command_reference  # noqa: E402

_LINK: Final = re.compile(r"(?<=\]\()([^)\s#]+)(#[^)\s]*)?(?=\))")
_COPIES: Final = "repository"
_SCHEMAS: Final = "schemas"
_OUTPUTS: Final = "output"
_PLUGIN: Final = "docs/example-plugin"
_BY_DIRECTORY: Final = {"schemas": "reference/json.md", _PLUGIN: f"{_COPIES}/{_PLUGIN}/pyproject.toml"}
"""The page of a folder that pages link to."""


def on_files(files: Any, config: Any) -> Any:
    """Add the generated pages, the schemas, and every file of the repository that a page links to."""
    files.append(_made(config, "reference/command-line.md", _command_line()))
    files.append(_made(config, "reference/json.md", _json_page()))
    for schema in sorted((ROOT / _SCHEMAS).rglob("*.json")):
        files.append(_copied(config, f"{_COPIES}/{schema.relative_to(ROOT)}", schema))
    for source in sorted((ROOT / _PLUGIN).rglob("*")):
        if source.suffix in {".py", ".toml"}:
            files.append(_copied(config, f"{_COPIES}/{source.relative_to(ROOT)}", source))
    linked = {
        target
        for file in files.documentation_pages()
        for match in _LINK.finditer(file.content_string)
        if (target := _outside(file.src_uri, match[1])) is not None
    }
    for target in sorted(linked):
        source, uri = ROOT / target, f"{_COPIES}/{_as_text(target)}"
        if source.is_file() and files.get_file_from_path(uri) is None:
            files.append(_copied(config, uri, source))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Point links that leave `docs/` at the copies."""

    def moved(match: re.Match[str]) -> str:
        target = _outside(page.file.src_uri, match[1])
        if target is None:
            return match[0]
        place = _BY_DIRECTORY.get(target, f"{_COPIES}/{_as_text(target)}")
        return posixpath.relpath(place, posixpath.dirname(page.file.src_uri) or ".") + (match[2] or "")

    return _LINK.sub(moved, markdown)


def _outside(page: str, link: str) -> str | None:
    """The path in the repository of a link that leaves the pages; None for all others."""
    if "://" in link or link.startswith("mailto:"):
        return None
    target = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), link))
    is_page = target.startswith("docs/") and not target.startswith(_PLUGIN)
    return None if is_page else target


def _as_text(path: str) -> str:
    """Markdown of the repository is copied as a text: its own links are not those of the pages."""
    return f"{path.removeprefix('.')}.txt" if path.endswith(".md") else path


def _made(config: Any, uri: str, text: str) -> File:
    return File.generated(config, uri, content=text)


def _copied(config: Any, uri: str, source: Path) -> File:
    return File.generated(config, uri, abs_src_path=str(source))


def _command_line() -> str:
    return command_reference.markdown(list(command_reference.pages()))


def _json_page() -> str:
    documents = sorted((ROOT / _SCHEMAS).glob("*.schema.json"))
    outputs = sorted((ROOT / _SCHEMAS / _OUTPUTS).glob("*.schema.json"))
    return "\n\n".join((
        "# JSON of the commands",
        "Each shape that a command prints with `--json` has a JSON Schema (2020-12). A test holds the real output"
        " of every command against it. A failure is the document of `error`.",
        _table("command", outputs),
        "## Documents",
        "The documents that are kept or released: see [formats](../formats.md).",
        _table("document", documents),
    )) + "\n"  # fmt: skip


def _table(heading: str, schemas: list[Path]) -> str:
    rows = [f"| {heading} | what it is | schema |", "|--|--|--|"]
    for path in schemas:
        schema = json.loads(path.read_text("utf-8"))
        name = path.name.removesuffix(".schema.json").replace("-", " " if heading == "command" else "-")
        about = " ".join(schema.get("description", schema.get("title", "")).split("\n\n")[0].split())
        rows.append(f"| `{name}` | {about} | [{path.name}](../{_COPIES}/{path.relative_to(ROOT)}) |")
    return "\n".join(rows)

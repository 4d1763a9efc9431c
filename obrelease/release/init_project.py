"""Sets up a repository for releases: settings, release workflow and policies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal, get_args

from obrelease.errors import InvalidInput, NotFound, UsageError
from obrelease.models.project_name import project_name
from obrelease.models.tag_pattern import VERSION_FIELD
from obrelease.models.toml_reader import MAX_TOML_BYTES, read_toml
from obrelease.registry.layout import IGNORE_NAME, IGNORED_BY_GIT, IGNORED_WITHOUT_INIT
from obrelease.release.release_action import ACTION_PATH, ReleaseAction, action_of_workflow
from obrelease.storage.durable import replace_file
from obrelease.storage.files import read_bounded
from obrelease.storage.system_errors import storage_errors

State = Literal["new", "added", "replaced", "same", "kept"]
"""What happens to a file: created, table added, overwritten, unchanged, or left alone because it differs."""

Beside = Literal["goreleaser", "cargo-dist", "release-please", "gh"]
"""A tool that makes the releases of a project, which the results are added to."""

BESIDE: Final[tuple[Beside, ...]] = get_args(Beside)

WORKFLOW: Final = ".github/workflows/benchmarks-release.yml"
POLICY: Final = ".github/release-policy.toml"
GATE: Final = ".github/gate-policy.toml"

_WORKFLOWS: Final[dict[Beside | None, str]] = {
    None: "benchmarks-release.yml",
    "release-please": "benchmarks-release-beside-release-please.yml",
}
_TOOLS: Final[dict[Beside | None, str]] = {
    "goreleaser": "goreleaser",
    "cargo-dist": "cargo-dist",
    "release-please": "release-please",
    "gh": "gh release create",
}
_TAGS_OF_TEMPLATE: Final = 'tags: ["v*"]'
_PYTHON_SETTINGS: Final = "pyproject.toml"
_OTHER_SETTINGS: Final = "obrelease.toml"
_BENCHMARKS: Final = "benchmark"
"""The key of `[tool.obrelease]` that holds a table for each benchmark of `obrelease measure`."""

_HEADER: Final = re.compile(r"\[tool\.obrelease\][ \t]*(#.*)?")
_ACTION_OF_TEMPLATE: Final = f"OWNER/obrelease/{ACTION_PATH}@{'0' * 40}"


@dataclass(frozen=True, slots=True)
class Change:
    """One file; `content` is its intended content, whatever the state."""

    path: str
    state: State
    content: str

    @property
    def writes(self) -> bool:
        """Whether the file is written."""
        return self.state in {"new", "added", "replaced"}


@dataclass(frozen=True, slots=True)
class ProjectChanges:
    """The files of a project that is set up.

    Attributes:
        files: a change for each file, by path.
        action: the action that the workflow pins; None if none is known, and then the workflow only fails.
    """

    files: tuple[Change, ...]
    action: ReleaseAction | None


def plan_changes(
    root: Path,
    *,
    results: Path,
    action: ReleaseAction | None,
    force: bool,
    beside: Beside | None = None,
    tag_pattern: str | None = None,
    release: bool = True,
    gate: bool = True,
) -> ProjectChanges:
    """Find what has to change below `root`. Reads only.

    Settings go into `pyproject.toml` if it exists. A project in another language gets
    `obrelease.toml`, so that no tool takes it for a Python package.

    Args:
        results: the results folder, below the root.
        action: what the workflow runs; if None, the action that an earlier workflow of `init` pins.
        force: overwrite files, and the table, if they differ.
        beside: the tool that makes the project's releases, if results are added to them.
        tag_pattern: the pattern of the project's tags, which start the workflow; `v{version}` if None.
        release: write the release workflow and its policy.
        gate: write the policy that says what is a regression; a release workflow needs it.

    Raises:
        UsageError: the settings file is malformed, or a path leads out of the repository.
        InvalidInput: the settings file is no regular file, too large or nested too deep.
    """
    below = _below(root, results)
    settings, project = _settings(root, force=force)
    workflow, pinned = _workflow(root, project, action, beside, tags=_tags_filter(tag_pattern), force=force)
    contents = {
        **({POLICY: _policy(project, beside)} if release else {}),
        **({GATE: _template("gate-policy.toml")} if release or gate else {}),
        f"{below}/.gitattributes": _template("results.gitattributes"),
    }
    changes = [file_change(root, path, content, force=force) for path, content in contents.items()]
    ignore = f"{below}/{IGNORE_NAME}"
    provisional = _read(root, ignore) == IGNORED_WITHOUT_INIT
    changes.append(file_change(root, ignore, IGNORED_BY_GIT, force=force or provisional))
    written = (settings, *((workflow,) if release else ()), *changes)
    ordered = sorted(written, key=lambda change: change.path)
    return ProjectChanges(tuple(ordered), pinned)


def pinned_action(root: Path, paths: Iterable[str]) -> ReleaseAction | None:
    """The action that the first of these workflows pins; None if none is there and pins one."""
    found = (action_of_workflow(_read(root, path) or "") for path in paths)
    return next((action for action in found if action is not None), None)


def write_changes(root: Path, changes: tuple[Change, ...]) -> None:
    """Write the files that have to change, each by one rename.

    Raises:
        StorageError: the operating system refused.
    """
    for change in changes:
        if change.writes:
            _write(root / change.path, change.content)


def _workflow(
    root: Path,
    project: str,
    action: ReleaseAction | None,
    beside: Beside | None,
    *,
    tags: str,
    force: bool,
) -> tuple[Change, ReleaseAction | None]:
    """The change of the workflow, and the action in it; the one that only fails is always replaced."""
    failing = _template("benchmarks-release-without-action.yml")
    present = _read(root, WORKFLOW)
    pinned = action or action_of_workflow(present or "")
    if pinned is None:
        return file_change(root, WORKFLOW, failing, force=force), None
    name = _WORKFLOWS.get(beside, "benchmarks-release-beside.yml")
    content = _template(name, PROJECT=project, TOOL=_TOOLS.get(beside, ""), BESIDE=beside or "")
    content = content.replace(_ACTION_OF_TEMPLATE, pinned.uses).replace(
        _TAGS_OF_TEMPLATE, f'tags: ["{tags}"]'
    )
    return file_change(root, WORKFLOW, content, force=force or present == failing), pinned


def _tags_filter(pattern: str | None) -> str:
    """The pattern of tags as GitHub's workflows write it."""
    literal = "v" if pattern is None else pattern.removesuffix(VERSION_FIELD)
    return f"{literal}*" if literal else "[0-9]*"


def _policy(project: str, beside: Beside | None) -> str:
    """The release policy; a release that other tools attach files to has files that it does not cover."""
    text = _template("release-policy.toml", PROJECT=project)
    return text if beside is None else text.replace('"coverage", ', "")


def _settings(root: Path, *, force: bool) -> tuple[Change, str]:
    """The change of the settings file, and the name of the project in it."""
    path = _PYTHON_SETTINGS if _has_table(root) or not (root / _OTHER_SETTINGS).is_file() else _OTHER_SETTINGS
    if not (root / path).is_file():
        path = _OTHER_SETTINGS
    text = _read(root, path)
    document = _parse(root / path, text or "")
    table = _obrelease_table(document)
    named = table.get("project") or document.get("project", {}).get("name") or root.name
    project = project_name(str(named))
    wanted = _template("settings.toml", PROJECT=project)
    if text is None:
        return Change(path, "new", wanted), project
    newline = "\r\n" if "\r\n" in text else "\n"
    wanted = wanted.replace("\n", newline)
    only_benchmarks = set(table) == {_BENCHMARKS} and not _has_header(text)
    if only_benchmarks or "obrelease" not in document.get("tool", {}):
        gap = "" if not text else newline if text.endswith("\n") else 2 * newline
        return Change(path, "added", _checked_text(root / path, document, text + gap + wanted)), project
    if wanted in text:
        return Change(path, "same", text), project
    if not force:
        return Change(path, "kept", text), project
    return Change(
        path, "replaced", _checked_text(root / path, document, _replace_table(root / path, text, wanted))
    ), project


def _has_header(text: str) -> bool:
    return any(_HEADER.fullmatch(line.strip()) for line in text.splitlines())


def _has_table(root: Path) -> bool:
    text = _read(root, _PYTHON_SETTINGS)
    return text is not None and "obrelease" in _parse(root / _PYTHON_SETTINGS, text).get("tool", {})


def _obrelease_table(document: Mapping[str, Any]) -> Mapping[str, Any]:
    table = document.get("tool", {}).get("obrelease", {})
    return table if isinstance(table, Mapping) else {}


def _replace_table(where: Path, text: str, wanted: str) -> str:
    """Replace the table, up to the first empty line or the next table, by `wanted`."""
    lines = text.splitlines(keepends=True)
    start = next((n for n, line in enumerate(lines) if _HEADER.fullmatch(line.strip())), None)
    if start is None:
        raise UsageError(f"{where}: [tool.obrelease] is not a separate table", hint="edit it by hand")
    end = start + 1
    while end < len(lines) and lines[end].strip() and not lines[end].lstrip().startswith("["):
        end += 1
    return "".join([*lines[:start], wanted, *lines[end:]])


def _checked_text(where: Path, before: Mapping[str, Any], text: str) -> str:
    """Return `text` if all its other settings are unchanged."""
    try:
        after = read_toml(text.encode("utf-8"), str(where))
    except InvalidInput:
        after = {}
    ours, earlier = _obrelease_table(after), _obrelease_table(before)
    others_changed = _without_ours(after) != _without_ours(before)
    if others_changed or ours != {"project": ours.get("project")} | _benchmarks(earlier):
        raise UsageError(
            f"{where}: [tool.obrelease] cannot be changed without changing other settings",
            hint="edit it by hand",
        )
    return text


def _benchmarks(table: Mapping[str, Any]) -> dict[str, Any]:
    """The tables of the benchmarks, which `init` leaves alone."""
    return {key: value for key, value in table.items() if key == _BENCHMARKS}


def _without_ours(document: Mapping[str, Any]) -> dict[str, Any]:
    tool = {key: value for key, value in document.get("tool", {}).items() if key != "obrelease"}
    rest = {key: value for key, value in document.items() if key != "tool"}
    return rest | ({"tool": tool} if tool else {})


def _parse(where: Path, text: str) -> dict[str, Any]:
    document = read_toml(text.encode("utf-8"), str(where), malformed=UsageError)
    for key in ("tool", "project"):
        if not isinstance(document.get(key, {}), dict):
            raise UsageError(f"{where}: `{key}` is not a table", hint="fix it first")
    return document


def file_change(root: Path, path: str, content: str, *, force: bool) -> Change:
    """The change of a whole file; raises `UsageError` if its path leads through a symbolic link."""
    present = _read(root, path)
    if present is None:
        return Change(path, "new", content)
    if present == content:
        return Change(path, "same", content)
    return Change(path, "replaced" if force else "kept", content)


def _read(root: Path, path: str) -> str | None:
    """The text of a file, or None if it does not exist; symbolic links are refused."""
    file = root / path
    for place in (file, *file.parents):
        if place == root:
            break
        if place.is_symlink():
            raise UsageError(f"{place}: is a symbolic link", hint="replace it by its target")
    try:
        return read_bounded(file, MAX_TOML_BYTES).decode("utf-8")
    except NotFound:
        return None
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: is not UTF-8 text", hint="fix it first") from error


def _below(root: Path, folder: Path) -> str:
    if not folder.is_relative_to(root) or folder == root:
        raise UsageError(
            f"{folder}: the results folder must be inside the repository, so that its runs can be committed",
            hint="set `results` in [tool.obrelease] to a folder of the repository",
        )
    return folder.relative_to(root).as_posix()


def _template(name: str, **values: str) -> str:
    text = files("obrelease.release").joinpath("templates", name).read_text("utf-8")
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text


def _write(path: Path, content: str) -> None:
    with storage_errors(path):
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    replace_file(path, content.encode("utf-8"), mode)

"""Settings as a value: flags, then environment, then `[tool.obrelease]`, then defaults.

The table stands in `pyproject.toml`, or in `obrelease.toml` where a project is not one of Python.
This is the only file of the package that reads the environment.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from obrelease.errors import UsageError

KEYS: Final = ("project", "results", "schemas", "forge", "releases", "repository", "api", "remote")
"""What `[tool.obrelease]` may hold; each is also `OBRELEASE_<KEY>` in the environment."""

FILES: Final = ("pyproject.toml", "obrelease.toml")
"""Where the table may stand, in one of them."""


RESULTS: Final = "results"
"""Where the results lie unless told otherwise, below the root."""

RELEASES: Final = "obrelease/releases"
"""Where the directory forge keeps its releases unless told otherwise, below the git folder."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a command may need to know about its surroundings.

    Attributes:
        root: the folder of the nearest of `FILES` or `.git` at or above the working folder.
        project: the name in asset names and notes.
        results, schemas: the registry and the exported schemas.
        forge: `directory` or `github`.
        releases: where the directory forge keeps its releases.
        repository: `owner/name` on GitHub, or None.
        api: base address of the GitHub API.
        remote: name of the git remote that tags are pushed to, or None for none.
        token: the GitHub token, never shown in a repr.
        token_source: the name of the variable that gave the token, or None.
        outputs: folders that this program writes, of which the results folder is there as the flag, the
            environment and the file name it: what lies in them is no change of the sources.
    """

    root: Path
    project: str
    results: Path
    schemas: Path
    forge: str
    releases: Path
    repository: str | None
    api: str
    remote: str | None
    token: str | None = field(default=None, repr=False)
    token_source: str | None = None
    outputs: tuple[Path, ...] = ()

    def outputs_below(self, folder: Path, *more: Path) -> list[str]:
        """Those of `outputs` and of `more` below a folder, relative to it, POSIX style."""
        top = folder.resolve()
        found = (output.resolve() for output in (*self.outputs, *more))
        return [output.relative_to(top).as_posix() for output in found if output.is_relative_to(top)]


def project_root(start: Path) -> Path:
    """The nearest folder at or above `start` with one of `FILES` or a `.git`, else `start`."""
    for folder in (start, *start.parents):
        if any((folder / name).is_file() for name in FILES) or (folder / ".git").exists():
            return folder
    return start


def _git_folder(root: Path) -> Path:
    """The git folder that all work trees of the repository at `root` share (gitrepository-layout(5))."""
    link = root / ".git"
    if not link.is_file():
        return link
    try:
        private = root / link.read_text("utf-8").removeprefix("gitdir:").strip()
        shared = private / "commondir"
        return (private / shared.read_text("utf-8").strip()).resolve() if shared.is_file() else private
    except (OSError, UnicodeDecodeError):
        return link


def _file_settings(root: Path) -> dict[str, Any]:
    documents = {name: _document(root / name) for name in FILES}
    held = [name for name, document in documents.items() if "obrelease" in _table(document, "tool")]
    if len(held) > 1:
        raise UsageError(
            f"{root}: [tool.obrelease] stands in {' and in '.join(held)}", hint="keep one of the two tables"
        )
    table = dict(_table(_table(documents[held[0]], "tool"), "obrelease")) if held else {}
    for key, value in table.items():
        if key not in KEYS:
            raise UsageError(
                f"{root / held[0]}: [tool.obrelease] has an unknown key {key!r}",
                hint=f"known keys: {', '.join(KEYS)}",
            )
        if not isinstance(value, str):
            raise UsageError(
                f"{root / held[0]}: [tool.obrelease] {key} must be text, not {type(value).__name__}"
            )
    table.setdefault("project", _table(documents[FILES[0]], "project").get("name", root.name))
    return table


def _document(path: Path) -> dict[str, Any]:
    """A TOML file; empty where there is none."""
    import tomllib

    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not valid TOML: {error}", hint="mend it first") from error


def _table(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    table = document.get(key, {})
    if not isinstance(table, Mapping):
        raise UsageError(f"the settings file has `{key}`, and it is not a table", hint="mend it first")
    return table


def load(
    flags: Mapping[str, str | None] | None = None,
    *,
    start: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Read the settings once; `flags` win over the environment, that over the file.

    Raises:
        UsageError: the settings file is malformed, or a value is not one that is known.
    """
    environ = os.environ if environ is None else environ
    root = project_root((start or Path.cwd()).resolve())
    found = _file_settings(root)
    values = {key: found.get(key) for key in KEYS}
    values |= {key: environ[name] for key in KEYS if environ.get(name := f"OBRELEASE_{key.upper()}")}
    configured = {found.get("results") or RESULTS, values["results"] or RESULTS}
    values |= {key: value for key, value in (flags or {}).items() if value is not None}
    forge = values["forge"] or "directory"
    if forge not in {"directory", "github"}:
        raise UsageError(f"unknown forge {forge!r}", hint="use --forge directory or --forge github")
    source = next(
        (name for name in ("OBRELEASE_TOKEN", "GITHUB_TOKEN", "GH_TOKEN") if environ.get(name)), None
    )
    results = values["results"] or RESULTS
    releases = root / values["releases"] if values["releases"] else _git_folder(root) / RELEASES
    return Settings(
        root=root,
        project=values["project"] or root.name,
        results=root / results,
        schemas=root / (values["schemas"] or "schemas"),
        forge=forge,
        releases=releases,
        repository=values["repository"] or environ.get("GITHUB_REPOSITORY"),
        api=values["api"] or environ.get("GITHUB_API_URL") or "https://api.github.com",
        remote=values["remote"],
        token=environ[source] if source else None,
        token_source=source,
        outputs=(*(root / folder for folder in sorted({results, *configured})), releases),
    )


def wants_color() -> bool:
    """False where `NO_COLOR` is set to anything, or the terminal is dumb (no-color.org)."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def shell_asks() -> bool:
    """Whether the process was started by a shell's completion, which shows whatever is printed."""
    return "_OBRELEASE_COMPLETE" in os.environ


def settle_matplotlib() -> None:
    """Give matplotlib a folder to keep its font list in, unless `MPLCONFIGDIR` names one.

    It must run before matplotlib is imported. Where the user's cache folder cannot be written, as
    on shared machines and in CI, a temporary one serves and is removed at the end.
    """
    if os.environ.get("MPLCONFIGDIR"):
        return
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    try:
        folder = cache.expanduser() / "obrelease" / "matplotlib"
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK | os.X_OK)
    except (OSError, RuntimeError):
        writable = False
    if not writable:
        import atexit
        import shutil
        import tempfile

        folder = Path(tempfile.mkdtemp(prefix="obrelease-matplotlib-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["MPLCONFIGDIR"] = str(folder)

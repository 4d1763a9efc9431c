"""Settings as a value: flags, then environment, then `[tool.obrelease]`, then defaults.

The table is in `pyproject.toml`, or in `obrelease.toml` for projects in other languages. It is a file
of the tree and so not trusted: it names no host that a token is sent to, and no path outside of the tree.
Only this file and `shells`, which reads what a shell asks, read the environment.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from obrelease.errors import NotFound, UsageError
from obrelease.models.project_name import project_name
from obrelease.models.release_choices import GENERATORS, NOTES_SOURCES

if TYPE_CHECKING:
    from obrelease.api.project import Project
    from obrelease.remote.oci.credential_sources import CredentialSources
    from obrelease.storage.limits import Limits

KEYS: Final = (
    *("project", "results", "schemas", "forge", "releases", "repository", "api", "remote"),
    *("tag", "previous", "notes"),
)
"""What `[tool.obrelease]` may hold."""

ENVIRONMENT: Final = {key: f"OBRELEASE_{key.upper()}" for key in KEYS} | {"tag": "OBRELEASE_TAG_PATTERN"}
"""The variable of each key; workflows have the tag itself in `OBRELEASE_TAG`."""

ATTACH: Final = "attach"
"""The key of `[tool.obrelease]` with patterns of files to release with the results; only the file has it."""

BENCHMARKS: Final = "benchmark"
"""The key of `[tool.obrelease]` whose tables `measure` reads."""

REMOTES: Final = "remotes"
"""The key of `[tool.obrelease]` with the table of shared registries, each `NAME = "oci://HOST/PATH"`."""

FILES: Final = ("pyproject.toml", "obrelease.toml")
"""The files that may hold the table; one of them does."""


def project_root(start: Path) -> Path:
    """The nearest folder at or above `start` with one of `FILES` or a `.git`, else `start`."""
    for folder in (start, *start.parents):
        if any((folder / name).is_file() for name in FILES) or (folder / ".git").exists():
            return folder
    return start


@dataclass(frozen=True, slots=True)
class _FileSettings:
    """What the settings file holds: texts by key, patterns, the tables of the benchmarks, and the file."""

    values: Mapping[str, str]
    benchmarks: Mapping[str, object]
    remotes: Mapping[str, str]
    attach: tuple[str, ...]
    file: Path | None


def _file_settings(root: Path) -> _FileSettings:
    documents = {name: _document(root / name) for name in FILES}
    held = [name for name, document in documents.items() if "obrelease" in _table(document, "tool")]
    if len(held) > 1:
        raise UsageError(
            f"{root}: [tool.obrelease] is in {' and in '.join(held)}", hint="keep one of the two tables"
        )
    table = dict(_table(_table(documents[held[0]], "tool"), "obrelease")) if held else {}
    file = root / held[0] if held else None
    benchmarks = table.pop(BENCHMARKS, {})
    if not isinstance(benchmarks, Mapping):
        raise UsageError(
            f"{file}: [tool.obrelease] {BENCHMARKS} is not a table",
            hint=f"write [tool.obrelease.{BENCHMARKS}.NAME]",
        )
    remotes = table.pop(REMOTES, {})
    if not isinstance(remotes, Mapping) or not all(isinstance(place, str) for place in remotes.values()):
        raise UsageError(
            f"{file}: [tool.obrelease] {REMOTES} is not a table of places",
            hint=f'write [tool.obrelease.{REMOTES}] and below it NAME = "oci://HOST/PATH"',
        )
    attach = table.pop(ATTACH, [])
    if not isinstance(attach, list) or not all(isinstance(pattern, str) for pattern in attach):
        raise UsageError(
            f"{file}: [tool.obrelease] {ATTACH} is not a list of patterns",
            hint='write attach = ["dist/*.whl"]',
        )
    if table.get("notes") in GENERATORS:
        raise UsageError(
            f"{file}: [tool.obrelease] notes names a program, and its configuration can name commands",
            hint=f"pass it yourself: --notes {table['notes']}, or set OBRELEASE_NOTES",
        )
    for key, value in table.items():
        if key not in KEYS:
            raise UsageError(
                f"{root / held[0]}: [tool.obrelease] has an unknown key {key!r}",
                hint=f"known keys: {', '.join((*KEYS, ATTACH, BENCHMARKS, REMOTES))}",
            )
        if not isinstance(value, str):
            raise UsageError(
                f"{root / held[0]}: [tool.obrelease] {key} must be text, not {type(value).__name__}"
            )
    declared = _table(documents[FILES[0]], "project").get("name", root.name)
    table.setdefault("project", project_name(str(declared)))
    return _FileSettings(table, benchmarks, remotes, tuple(attach), file)


def _document(path: Path) -> dict[str, Any]:
    """A TOML file; empty if there is none."""
    if not os.path.lexists(path):
        return {}
    from obrelease.models.toml_reader import read_toml_file

    try:
        return read_toml_file(path, malformed=UsageError)
    except NotFound:
        return {}


def _table(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    table = document.get(key, {})
    if not isinstance(table, Mapping):
        raise UsageError(f"the settings file has `{key}`, and it is not a table", hint="correct it first")
    return table


def load(
    flags: Mapping[str, str | None] | None = None,
    *,
    start: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Project:
    """Read the settings once; `flags` win over the environment, that over the file.

    Raises:
        UsageError: the settings file is malformed, a value is unknown, or a path of the file leads
            out of the tree.
    """
    from obrelease.api.project import GITHUB_API, RESULTS, Project
    from obrelease.cli.console.tree_paths import is_in_tree, require_paths_in_tree

    environ = os.environ if environ is None else environ
    root = project_root((start or Path.cwd()).resolve())
    settings = _file_settings(root)
    found = settings.values
    by_user = {key: environ[name] for key, name in ENVIRONMENT.items() if environ.get(name)}
    configured = {found.get("results") or RESULTS, by_user.get("results") or RESULTS}
    by_user |= {key: value for key, value in (flags or {}).items() if value is not None}
    values = {key: by_user.get(key) or found.get(key) for key in KEYS}
    require_paths_in_tree(root, {key: value for key, value in values.items() if key not in by_user})
    named = found.get("notes")
    if named is not None and named not in NOTES_SOURCES and not is_in_tree(root, named):
        raise UsageError(
            f"{root}: `notes` leads out of the project's root", hint="name a file of the project"
        )
    forge = values["forge"] or "directory"
    if forge not in {"directory", "github"}:
        raise UsageError(f"unknown forge {forge!r}", hint="use --forge directory or --forge github")
    source = next(
        (name for name in ("OBRELEASE_TOKEN", "GITHUB_TOKEN", "GH_TOKEN") if environ.get(name)), None
    )
    project = Project.at(
        root,
        name=values["project"],
        results=values["results"] or RESULTS,
        schemas=values["schemas"] or "schemas",
        forge=forge,
        releases=values["releases"],
        repository=values["repository"] or environ.get("GITHUB_REPOSITORY"),
        api=by_user.get("api") or environ.get("GITHUB_API_URL") or GITHUB_API,
        remote=values["remote"],
        token=environ[source] if source else None,
        token_source=source,
        outputs=tuple(root / folder for folder in sorted(configured) if is_in_tree(root, folder)),
        tag=values["tag"],
        previous=values["previous"] or "stable",
        attach=settings.attach,
        notes=values["notes"] or "",
    )
    return replace(
        project,
        declared_api=found.get("api"),
        benchmarks=settings.benchmarks,
        settings_file=settings.file,
        remotes=settings.remotes,
        credentials=_credential_sources(environ),
    )


def _credential_sources(environ: Mapping[str, str]) -> CredentialSources:
    """Where docker, podman and skopeo look for credentials, in the order of podman."""
    from obrelease.remote.oci.credential_sources import CredentialSources

    home = environ.get("HOME")
    named = (
        environ.get("REGISTRY_AUTH_FILE"),
        (folder := environ.get("XDG_RUNTIME_DIR")) and f"{folder}/containers/auth.json",
        (folder := environ.get("DOCKER_CONFIG")) and f"{folder}/config.json",
        home and f"{home}/.config/containers/auth.json",
        home and f"{home}/.docker/config.json",
    )
    return CredentialSources(
        files=tuple(Path(name) for name in named if name),
        github_token=environ.get("GITHUB_TOKEN") or environ.get("GH_TOKEN"),
        token_hosts=tuple((environ.get("OBRELEASE_TOKEN_HOSTS") or "").split()),
    )


def step_summary_file(environ: Mapping[str, str] | None = None) -> Path | None:
    """The file of the summary of a GitHub Actions job; None elsewhere."""
    name = (os.environ if environ is None else environ).get("GITHUB_STEP_SUMMARY")
    return Path(name) if name else None


def input_limits(flag: str | None, environ: Mapping[str, str] | None = None) -> Limits:
    """The limits on untrusted input of one command, by `--max-input` or `OBRELEASE_MAX_INPUT`.

    Raises:
        UsageError: not a size.
    """
    from obrelease.storage.limits import DEFAULT_LIMITS, Limits, parse_size

    size = flag or (os.environ if environ is None else environ).get("OBRELEASE_MAX_INPUT")
    return Limits.for_input(parse_size(size)) if size else DEFAULT_LIMITS


def color_of_environment(environ: Mapping[str, str] | None = None) -> bool | None:
    """Whether the environment asks for colour; None if it depends on the terminal.

    The first that is set decides: `NO_COLOR` (no-color.org), `FORCE_COLOR` or `CLICOLOR_FORCE` unless it is
    0, `CLICOLOR=0`, `TERM=dumb`.
    """
    found = os.environ if environ is None else environ
    if found.get("NO_COLOR"):
        return False
    if any(found.get(name, "0") not in {"", "0"} for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return False if found.get("CLICOLOR") == "0" or found.get("TERM") == "dumb" else None


def pager_command(environ: Mapping[str, str] | None = None) -> list[str]:
    """The words of the user's pager: `OBRELEASE_PAGER`, `PAGER` or else `less`.

    There is none if it is empty, `cat`, or no command.
    """
    from shlex import split

    found = os.environ if environ is None else environ
    try:
        words = split(found.get("OBRELEASE_PAGER", found.get("PAGER", "less")))
    except ValueError:
        return []
    return [] if words == ["cat"] else words


def with_pager_defaults(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a pager; `less` gets the options that git gives it."""
    return {"LESS": "FRX", **(os.environ if environ is None else environ)}


def configure_matplotlib() -> None:
    """Give matplotlib a folder to keep its font list in, unless `MPLCONFIGDIR` names one.

    It must run before matplotlib is imported. If the user's cache folder cannot be written, as
    on shared machines and in CI, a temporary one is used and removed at the end.
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

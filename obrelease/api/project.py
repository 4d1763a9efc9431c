"""A project: its repository, its results folder and its forge, as one value."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from obrelease.api.arguments import check_argument, checked_path
from obrelease.errors import NotFound, ObreleaseError, UsageError
from obrelease.models.project_name import project_name
from obrelease.models.release_choices import PREVIOUS_CHOICES, PreviousChoice
from obrelease.storage.files import read_bounded
from obrelease.storage.system_errors import storage_errors

if TYPE_CHECKING:
    from obrelease.remote.oci.credential_sources import CredentialSources

_MAX_POINTER_BYTES: Final = 8192
"""The largest file that names a folder of git."""

RESULTS: Final = "results"
"""The default results folder, below the root."""

RELEASES: Final = "obrelease/releases"
"""The default folder of the directory forge, below the git folder of the repository."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")

GITHUB_API: Final = "https://api.github.com"

ForgeName = Literal["directory", "github"]


@dataclass(frozen=True, slots=True)
class Project:
    """The folders and the forge of a project. Create one with `Project.at`.

    Attributes:
        root: the top folder of the project, usually of its git repository.
        name: part of the names of release assets.
        results: the registry of runs.
        schemas: the folder of exported JSON Schemas; it need not exist.
        forge: where releases are published: `directory` or `github`.
        releases: the folder of the directory forge.
        repository: `owner/name` on GitHub, or None.
        api: base address of the GitHub API.
        remote: the git remote that tags are pushed to, or None.
        token: the GitHub token, never shown in a repr.
        token_source: where the token came from, for messages.
        outputs: folders that this program writes; changes in them are no changes of the sources.
        declared_api: what a file of the tree names as `api`. It is compared with `api`, never used.
        benchmarks: the tables `[tool.obrelease.benchmark.NAME]` of the settings file, as they are written.
        settings_file: the file that they are in.
        tag: the pattern of the project's tags, such as `pkg/v{version}`; any tag if None.
        previous: what a stable release is compared with: `stable` or `any`.
        attach: patterns of files below the root that are released with the results.
        notes: the source of own words on release pages; "" for none.
        remotes: places of shared registries by name, as the settings file has them.
        credentials: where credentials of registries may come from; None for `~/.docker/config.json`.
    """

    root: Path
    name: str
    results: Path
    schemas: Path
    forge: ForgeName
    releases: Path
    repository: str | None
    api: str
    remote: str | None
    token: str | None = field(default=None, repr=False)
    token_source: str | None = None
    outputs: tuple[Path, ...] = ()
    declared_api: str | None = None
    benchmarks: Mapping[str, object] = field(default_factory=dict, hash=False)
    settings_file: Path | None = None
    tag: str | None = None
    previous: PreviousChoice = "stable"
    attach: tuple[str, ...] = ()
    notes: str = ""
    remotes: Mapping[str, str] = field(default_factory=dict, hash=False)
    credentials: CredentialSources | None = None

    @classmethod
    def at(
        cls,
        root: str | os.PathLike[str] = ".",
        *,
        name: str | None = None,
        results: str | os.PathLike[str] = RESULTS,
        schemas: str | os.PathLike[str] = "schemas",
        forge: str = "directory",
        releases: str | os.PathLike[str] | None = None,
        repository: str | None = None,
        api: str = GITHUB_API,
        remote: str | None = None,
        token: str | None = None,
        token_source: str | None = None,
        outputs: tuple[Path, ...] = (),
        tag: str | None = None,
        previous: str = "stable",
        attach: Sequence[str] = (),
        notes: str = "",
    ) -> Project:
        """A project with its defaults filled in; relative folders are below `root`. Reads no settings file.

        Args:
            root: the top folder of the project.
            name: the project's name: lower-case letters, digits, `.`, `_` and `-`; made of the name of
                the root folder if None.
            results, schemas, releases: folders; `releases` is below the git folder if None.
            forge: `directory` or `github`; the latter needs `repository` and `token`.
            repository, api, remote, token, token_source: see the attributes.
            outputs: more folders that this program writes.
            tag, previous, attach, notes: see the attributes.

        Raises:
            UsageError: an unknown forge, a name that no asset can have, or an argument of a wrong type.
            StorageError: the folder may not be entered.

        Example:
            >>> Project.at("/srv/engine", forge="directory").results
            PosixPath('/srv/engine/results')
        """
        if forge not in {"directory", "github"}:
            raise UsageError(f"unknown forge {forge!r}", hint="the forge is directory or github")
        if previous not in PREVIOUS_CHOICES:
            raise UsageError(f"unknown value {previous!r} of `previous`", hint="use stable or any")
        top = checked_path("root", root)
        runs = top / checked_path("results", results)
        with storage_errors(top, "cannot be opened"):
            default_releases, default_name = git_folder(top) / RELEASES, project_name(top.resolve().name)
        kept = top / checked_path("releases", releases) if releases is not None else default_releases
        return cls(
            root=top,
            name=_checked_name(name) or default_name,
            results=runs,
            schemas=top / checked_path("schemas", schemas),
            forge="github" if forge == "github" else "directory",
            releases=kept,
            repository=repository,
            api=api,
            remote=remote,
            token=token,
            token_source=token_source,
            outputs=(*dict.fromkeys((*outputs, runs)), kept),
            tag=None if tag is None else _checked_tag_pattern(tag),
            previous="any" if previous == "any" else "stable",
            attach=tuple(attach),
            notes=notes,
        )

    def outputs_below(self, folder: Path, *more: Path) -> list[str]:
        """Those of `outputs` and of `more` below a folder, relative to it, POSIX style."""
        top = folder.resolve()
        found = (output.resolve() for output in (*self.outputs, *more))
        return [output.relative_to(top).as_posix() for output in found if output.is_relative_to(top)]

    def results_folder(self, *, must_exist: bool) -> Path:
        """The results folder.

        Args:
            must_exist: True to read runs; False to record them, or to list what there is.

        Raises:
            UsageError: the path is not a folder.
            NotFound: the folder is missing, and it must exist.
        """
        folder = self.results
        if folder.is_dir():
            return folder
        if os.path.lexists(folder):
            raise UsageError(
                f"{folder}: is not a folder, so it holds no results",
                hint="name another folder: the option or argument `results`, or OBRELEASE_RESULTS",
            )
        if must_exist:
            raise NotFound(
                f"{folder}: there is no results folder here",
                hint="`obrelease run bench` or record() makes one; `results` names another",
            )
        return folder


ProjectLike = Project | str | os.PathLike[str]
"""A project, or its root folder, of which all else is the default."""


def project_of(project: ProjectLike) -> Project:
    """The project itself, or one with defaults in the folder that was named."""
    if isinstance(project, Project):
        return project
    return Project.at(checked_path("project", project))


def _checked_name(name: str | None) -> str | None:
    if not name:
        return None
    check_argument("name", name, str, "the name of the project")
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"the project name {name!r} cannot be part of asset names",
            hint=f"use lower-case letters, digits, . _ and -, such as {project_name(name)!r}, as the argument"
            " name or `project` in [tool.obrelease]",
        )
    return name


def _checked_tag_pattern(pattern: str) -> str:
    # Imported here: it loads the models, which most commands do not need to start.
    from obrelease.models.tag_pattern import checked_tag_pattern

    return checked_tag_pattern(pattern)


def git_folder(root: Path) -> Path:
    """The git folder that all work trees of the repository around `root` share (gitrepository-layout(5)).

    `.git` below `root` if it is in no repository.
    """
    top = root.resolve()
    link = next(
        (folder / ".git" for folder in (top, *top.parents) if (folder / ".git").exists()), root / ".git"
    )
    if not link.is_file():
        return link
    try:
        private = link.parent / _pointer(link).removeprefix("gitdir:").strip()
        shared = private / "commondir"
        return (private / _pointer(shared).strip()).resolve() if shared.is_file() else private
    except (ObreleaseError, OSError, ValueError):
        return link


def _pointer(path: Path) -> str:
    return read_bounded(path, _MAX_POINTER_BYTES).decode("utf-8")

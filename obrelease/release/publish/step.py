"""What a step of a release is, and the values that pass from one step to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from obrelease.bundle.writer import BundleSource
from obrelease.models.manifest import BundleManifest, Plan, ReleaseAsset
from obrelease.registry.store import Registry
from obrelease.release.collected_run import CollectedRun
from obrelease.remote.forge.protocol import Forge
from obrelease.remote.git.repository import Worktree
from obrelease.storage.progress import Progress


@dataclass(frozen=True, slots=True)
class Tools:
    """The places that steps act on, each behind its own door.

    Attributes:
        worktree: the git repository that is released.
        registry: the results folder.
        forge: where the release goes; None where nothing is uploaded.
        schemas: the folder of exported schemas; it need not be there.
        outputs: folders that this program writes; their content is no change of the worktree.
        progress: how long work is shown.
        note: how a line is said to people.
        detail: how a line is said to those who asked for more.
        warn: how a doubt is said to them.
        acted: told of each act on the world outside once it is confirmed: its verb and its target.
        key: the SSH key that the release is signed with, or None.
    """

    worktree: Worktree
    registry: Registry
    forge: Forge | None
    schemas: Path
    outputs: tuple[Path, ...]
    progress: Progress
    note: Callable[[str], None]
    detail: Callable[[str], None] = lambda _line: None
    warn: Callable[[str], None] = lambda _doubt: None
    acted: Callable[[str, str], None] = lambda _verb, _target: None
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class PackedAsset:
    """A file of the release, ready in the scratch folder."""

    facts: ReleaseAsset
    file: Path


@dataclass(frozen=True, slots=True)
class Packed:
    """The whole release as files, in the order of their upload.

    Attributes:
        signatures: what the tag's message carries of them, by name, as base64; empty where unsigned.
    """

    manifest: BundleManifest
    manifest_sha256: str
    assets: tuple[PackedAsset, ...]
    signatures: Mapping[str, str] = field(default_factory=dict)


TagOutcome = Literal["created", "present"]
UploadOutcome = Literal["published", "already published"]


@dataclass(frozen=True, slots=True)
class Staging:
    """What the steps have made so far; each step hands on a new one.

    Attributes:
        folder: the scratch folder; whatever a step writes before `tag` lies in it.
        doubts: what a reader has to know of the runs, in words.
        notes: the notes, as they lie in the bundle too.
        against: what the release's page says beyond them, of the release before.
        pictures: files that stand beside the bundle, with the asset names they get as paths.
        url: where the public release is found; empty before `upload`.
    """

    folder: Path
    runs: tuple[CollectedRun, ...] = ()
    doubts: tuple[str, ...] = ()
    notes: str = ""
    against: str = ""
    pictures: tuple[BundleSource, ...] = ()
    packed: Packed | None = None
    tagged: TagOutcome | None = None
    uploaded: UploadOutcome | None = None
    url: str = ""


class Step(Protocol):
    """One act of a release. Steps know nothing of each other."""

    @property
    def name(self) -> str:
        """The step's name in the plan."""
        ...

    def skip(self, plan: Plan) -> str | None:
        """Why there is nothing to do, or None where `run` is to be called."""
        ...

    def run(self, plan: Plan, tools: Tools, staging: Staging) -> Staging:
        """Act, and hand on what was made. Acting twice is the same as acting once."""
        ...


def packed_of(staging: Staging) -> Packed:
    """The packed release; the pipeline's order makes sure that there is one."""
    if staging.packed is None:
        raise AssertionError("the pipeline packs before it tags or uploads")
    return staging.packed


def forge_of(tools: Tools) -> Forge:
    """The forge; whoever runs a pipeline that uploads has given one."""
    if tools.forge is None:
        raise AssertionError("a pipeline that uploads needs a forge")
    return tools.forge

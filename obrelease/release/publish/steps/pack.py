"""Step `pack`: write the bundle, the manifest and SHA256SUMS."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Final

from obrelease.bundle import sha256sums
from obrelease.bundle.asset_names import MANIFEST_NAME, NOTES_NAME, bundle_name, top_folder
from obrelease.bundle.writer import ArchiveDigests, BundleSource, write_bundle
from obrelease.errors import InvalidInput
from obrelease.models.manifest import BundleFile, BundleManifest, BundleMember, ReleaseAsset
from obrelease.models.plan import Plan
from obrelease.models.validation import document_bytes, model_errors
from obrelease.release.publish.attached_files import attach_file
from obrelease.release.publish.staged_release import PackedAsset, PackedRelease, StagedRelease
from obrelease.release.publish.step import PublishContext
from obrelease.release.release_contents import schema_members
from obrelease.storage.hashing import digest_bytes, digest_file
from obrelease.storage.system_errors import storage_errors

_CONTENT: Final = "content"
_ASSETS: Final = "assets"


class Pack:
    """Writes every asset of the release into the scratch folder."""

    name = "pack"

    def skip(self, plan: Plan) -> str | None:
        """Never."""

    def run(self, plan: Plan, context: PublishContext, staged: StagedRelease) -> StagedRelease:
        """Write the bundle, copy the pictures and attached files, write the manifest and the checksums."""
        content, assets = staged.folder / _CONTENT, staged.folder / _ASSETS
        _make(content, assets)
        sources = _sources(staged, content)
        bundle = assets / bundle_name(plan.project, plan.tag)
        with context.reporter.progress("packing", sum(source.size for source in sources)) as advance:
            written = write_bundle(bundle, top_folder(plan.project, plan.tag), sources, advance)
        pictures = tuple(_copied(source, assets) for source in staged.pictures)
        attached = tuple(attach_file(Path(path), assets) for path in plan.attach)
        manifest = _manifest(plan, staged, sources, bundle.name, written, (pictures, attached))
        manifest_asset = _written(assets / MANIFEST_NAME, document_bytes(manifest))
        first = PackedAsset(_facts(bundle.name, written.size, written.sha256), bundle)
        covered = (first, *pictures, *attached, manifest_asset)
        sums_asset = _written(
            assets / sha256sums.NAME,
            sha256sums.render({asset.facts.name: asset.facts.sha256 for asset in covered}),
        )
        packed = PackedRelease(manifest, manifest_asset.facts.sha256, (*covered, sums_asset))
        return replace(staged, packed=packed)


def _sources(staged: StagedRelease, content: Path) -> tuple[BundleSource, ...]:
    """The members of the bundle: runs, schemas, notes, and checksums of them all."""
    texts = {**schema_members(), NOTES_NAME: staged.notes.encode("utf-8")}
    made = [_source(content, path, text) for path, text in sorted(texts.items())]
    sources = [*made, *(source for run in staged.runs for source in run.sources)]
    inner = sha256sums.render({source.path: source.sha256 for source in sources})
    return (*sources, _source(content, sha256sums.NAME, inner))


def _source(content: Path, path: str, data: bytes) -> BundleSource:
    file = content / path
    _write(file, data)
    return BundleSource(path, file, len(data), digest_bytes(data))


def _written(file: Path, data: bytes) -> PackedAsset:
    _write(file, data)
    return PackedAsset(_facts(file.name, len(data), digest_bytes(data)), file)


def _copied(source: BundleSource, assets: Path) -> PackedAsset:
    """Copy a picture to the scratch folder: the bytes that are hashed here are uploaded later."""
    target = assets / source.path
    with storage_errors(target):
        shutil.copyfile(source.file, target, follow_symlinks=False)
    if digest_file(target) != (source.sha256, source.size):
        raise InvalidInput(f"{source.file}: changed while it was packed")
    return PackedAsset(_facts(source.path, source.size, source.sha256), target)


def _facts(name: str, size: int, sha256: str) -> ReleaseAsset:
    hint = "shorten the project's name in [tool.obrelease] or the tag"
    with model_errors(f"{name}: cannot be an asset name", hint=hint):
        return ReleaseAsset(name=name, size=size, sha256=sha256)


def _manifest(
    plan: Plan,
    staged: StagedRelease,
    sources: tuple[BundleSource, ...],
    name: str,
    written: ArchiveDigests,
    files: tuple[tuple[PackedAsset, ...], tuple[PackedAsset, ...]],
) -> BundleManifest:
    """The manifest; `files` are the pictures, and what is attached."""
    pictures, attached = files
    where, hint = "the release cannot be packed", "rename one of the attached files"
    members = sorted(sources, key=lambda source: source.path)
    with model_errors(where, hint=hint):
        return BundleManifest(
            project=plan.project,
            tag=plan.tag,
            commit=plan.commit,
            prerelease=plan.prerelease,
            runs=tuple(sorted((run.facts for run in staged.runs), key=lambda facts: facts.path)),
            bundle=BundleFile(
                name=name,
                size=written.size,
                sha256=written.sha256,
                tar_size=written.tar_size,
                tar_sha256=written.tar_sha256,
            ),
            members=tuple(BundleMember(path=s.path, size=s.size, sha256=s.sha256) for s in members),
            assets=tuple(picture.facts for picture in pictures),
            attachments=tuple(file.facts for file in attached),
        )


def _make(*folders: Path) -> None:
    for folder in folders:
        with storage_errors(folder, "cannot be made"):
            folder.mkdir(parents=True)


def _write(file: Path, data: bytes) -> None:
    with storage_errors(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("xb") as sink:
            sink.write(data)

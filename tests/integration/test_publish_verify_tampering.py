"""Tampering with a published release: every kind of it is refused, and the untouched release passes."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from obrelease.bundle import sha256sums
from obrelease.bundle.asset_names import top_folder
from obrelease.bundle.writer import BundleSource, write_bundle
from obrelease.errors import IntegrityError, InvalidInput, NotFound, ObreleaseError
from obrelease.models.manifest import BundleFile, BundleManifest, BundleMember
from obrelease.models.validation import document_bytes, read_document
from obrelease.models.version_tag import Tag
from obrelease.release.publish.create_plan import PublishOptions, create_plan
from obrelease.release.publish.journal import Journal
from obrelease.release.publish.pipeline import PUBLISH, run_steps
from obrelease.release.verify.release_files import VerifiedFiles, verify_folder
from obrelease.release.verify.tag_and_forge import coverage_layer, download_release, forge_layer, tag_layers
from obrelease.remote.forge.directory import DirectoryForge
from obrelease.remote.git.repository import GitRepository
from obrelease.storage.hashing import digest_bytes, digest_file
from tests.unit.release.project import Project, git, make_project, no_progress

TAG = "v0.9-beta"
BUNDLE = f"demo-{TAG}.tar.gz"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Project:
    base = tmp_path_factory.mktemp("published")
    project = make_project(base)
    context = project.context()
    plan = create_plan(PublishOptions("demo", Tag.parse(TAG)), PUBLISH, context, project.head())
    run_steps(plan, PUBLISH, context, base / "scratch", Journal.of(context.repo.git_dir, TAG))
    return project


@pytest.fixture
def release(published: Project, tmp_path: Path) -> Path:
    """A copy of the release's files, free to be tampered with."""
    folder = tmp_path / "release"
    shutil.copytree(published.releases / TAG / "assets", folder)
    return folder


def verified(folder: Path, scratch: Path, tag: str | None = None) -> VerifiedFiles:
    scratch.mkdir()
    return verify_folder(folder, scratch, no_progress, tag=tag)


def manifest_of(folder: Path) -> BundleManifest:
    return read_document((folder / "manifest.json").read_bytes(), BundleManifest, "manifest.json")


def reseal(folder: Path, manifest: BundleManifest | None = None) -> None:
    """Write the manifest and SHA256SUMS again, as an attacker would who has no key."""
    if manifest is not None:
        (folder / "manifest.json").write_bytes(document_bytes(manifest))
    names = sorted(path.name for path in folder.iterdir() if path.name != sha256sums.NAME)
    (folder / sha256sums.NAME).write_bytes(
        sha256sums.render({name: digest_file(folder / name)[0] for name in names})
    )


def repack(folder: Path, scratch: Path, change: Callable[[Path], None], *, inner_sums: bool = True) -> None:
    """Unpack the bundle, change it, and seal everything again so that only deeper layers can notice."""
    manifest = manifest_of(folder)
    top = top_folder(manifest.project, manifest.tag)
    scratch.mkdir()
    subprocess.run(["tar", "-xzf", folder / BUNDLE, "-C", scratch], check=True)
    change(scratch / top)
    content = scratch / top
    paths = sorted(path.relative_to(content).as_posix() for path in content.rglob("*") if path.is_file())
    if inner_sums:
        inner = {path: digest_file(content / path)[0] for path in paths if path != sha256sums.NAME}
        (content / sha256sums.NAME).write_bytes(sha256sums.render(inner))
    found = {path: digest_file(content / path) for path in paths}
    sources = [BundleSource(path, content / path, size, sha256) for path, (sha256, size) in found.items()]
    (folder / BUNDLE).unlink()
    written = write_bundle(folder / BUNDLE, top, sources, lambda _: None)
    bundle = BundleFile(
        name=BUNDLE,
        size=written.size,
        sha256=written.sha256,
        tar_size=written.tar_size,
        tar_sha256=written.tar_sha256,
    )
    members = tuple(BundleMember(path=s.path, size=s.size, sha256=s.sha256) for s in sources)
    reseal(folder, manifest.model_copy(update={"bundle": bundle, "members": members}))


def test_the_untouched_release_passes_every_layer(published: Project, release: Path, tmp_path: Path) -> None:
    found = verified(release, tmp_path / "scratch", TAG)
    forge = DirectoryForge(published.releases)
    (tmp_path / "fetched").mkdir()
    fetched = download_release(forge, TAG, tmp_path / "fetched", no_progress)
    layers = (*found.layers, forge_layer(found, fetched, forge))
    layers = (*layers, tag_layers(found, "demo", GitRepository.open(published.root), None)[0])
    assert [(layer.name, layer.checked) for layer in layers] == [
        (name, True) for name in ("sums", "manifest", "bundle", "members", "runs", "forge", "tag")
    ]
    assert verified(tmp_path / "fetched", tmp_path / "again") == found


@pytest.mark.parametrize("name", [BUNDLE, "manifest.json", sha256sums.NAME, "picture"])
def test_one_changed_byte_anywhere_in_a_file_is_found(release: Path, tmp_path: Path, name: str) -> None:
    path = next(release.glob("*.svg")) if name == "picture" else release / name
    whole = path.read_bytes()
    for turn, at in enumerate(range(0, len(whole), max(1, len(whole) // 20))):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises((IntegrityError, InvalidInput)):
            verified(release, tmp_path / f"scratch{turn}")
    path.write_bytes(whole)
    assert verified(release, tmp_path / "scratch").manifest.tag == TAG


def add(name: str, data: bytes = b"x") -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / name).write_bytes(data)

    return write


def remove(pattern: str) -> Callable[[Path], None]:
    return lambda folder: next(folder.glob(pattern)).unlink()


def make_link(folder: Path) -> None:
    (folder / "manifest.json").rename(folder.parent / "elsewhere")
    (folder / "manifest.json").symlink_to(folder.parent / "elsewhere")


def edit_sums(change: Callable[[list[str]], list[str]]) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / sha256sums.NAME
        path.write_text("".join(change(path.read_text().splitlines(keepends=True))))

    return edit


def edit_manifest(**update: object) -> Callable[[Path], None]:
    return lambda folder: reseal(folder, manifest_of(folder).model_copy(update=update))


def swap_pictures(folder: Path) -> None:
    """Two files change places: each digest is still somewhere, and none under its name."""
    first, second = sorted(folder.glob("*.svg"))
    first.write_bytes(b"<svg/>")
    reseal(folder)
    first.rename(folder / "t")
    second.rename(first)
    (folder / "t").rename(second)


def not_canonical(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_bytes(path.read_bytes() + b"\n")
    reseal(folder)


def drop_member(folder: Path) -> None:
    manifest = manifest_of(folder)
    reseal(folder, manifest.model_copy(update={"members": manifest.members[1:]}))


def other_tar(folder: Path) -> None:
    manifest = manifest_of(folder)
    bundle = manifest.bundle.model_copy(update={"tar_sha256": "0" * 64})
    reseal(folder, manifest.model_copy(update={"bundle": bundle}))


def drop_run(folder: Path) -> None:
    manifest = manifest_of(folder)
    reseal(folder, manifest.model_copy(update={"runs": manifest.runs[1:]}))


def other_events(folder: Path) -> None:
    manifest = manifest_of(folder)
    first = manifest.runs[0].model_copy(update={"events_digest": "0" * 64})
    reseal(folder, manifest.model_copy(update={"runs": (first, *manifest.runs[1:])}))


def listed_extra(folder: Path) -> None:
    (folder / "extra.txt").write_bytes(b"x")
    reseal(folder)


def appended(folder: Path) -> None:
    with (folder / BUNDLE).open("ab") as file:
        file.write(b"\0")
    reseal(folder)


TAMPERING: dict[str, tuple[Callable[[Path], None], type[ObreleaseError]]] = {
    "added file, listed in the sums": (listed_extra, IntegrityError),
    "added folder": (lambda folder: (folder / "d").mkdir(), IntegrityError),
    "removed bundle": (remove("*.tar.gz"), IntegrityError),
    "removed picture": (remove("*.svg"), IntegrityError),
    "removed manifest": (remove("manifest.json"), IntegrityError),
    "removed sums": (remove(sha256sums.NAME), NotFound),
    "link in place of a file": (make_link, IntegrityError),
    "sums line dropped": (edit_sums(lambda lines: lines[1:]), IntegrityError),
    "sums line twice": (edit_sums(lambda lines: [lines[0], *lines]), InvalidInput),
    "sums line for another digest": (
        edit_sums(lambda lines: ["0" * 64 + lines[0][64:], *lines[1:]]),
        IntegrityError,
    ),
    "sums in another order": (edit_sums(lambda lines: lines[::-1]), InvalidInput),
    "swapped files": (swap_pictures, IntegrityError),
    "manifest not canonical": (not_canonical, InvalidInput),
    "manifest of another tag": (edit_manifest(tag="v0.9-gamma"), IntegrityError),
    "manifest of another project": (edit_manifest(project="other"), IntegrityError),
    "manifest that lies about the prerelease": (edit_manifest(prerelease=False), InvalidInput),
    "manifest of a newer format": (edit_manifest(version=3), InvalidInput),
    "manifest without the pictures": (edit_manifest(assets=()), IntegrityError),
    "member dropped from the manifest": (drop_member, IntegrityError),
    "run dropped from the manifest": (drop_run, IntegrityError),
    "another events digest in the manifest": (other_events, IntegrityError),
    "a byte behind the bundle": (appended, IntegrityError),
    "another tar digest in the manifest": (other_tar, IntegrityError),
}


@pytest.mark.parametrize("name", ["extra.txt", ".hidden", "checksums.txt"])
def test_a_file_that_nobody_lists_is_named_as_not_covered(release: Path, tmp_path: Path, name: str) -> None:
    """Another tool may have attached it; a policy with `coverage` refuses it."""
    (release / name).write_text("x\n")
    (tmp_path / "scratch").mkdir()
    found = verify_folder(release, tmp_path / "scratch", no_progress)
    assert found.not_covered == (name,)
    layer = coverage_layer(found, None)
    assert not layer.checked
    assert layer.detail == f"1 other file not covered: {name}"


@pytest.mark.parametrize("kind", TAMPERING)
def test_tampering_is_refused(release: Path, tmp_path: Path, kind: str) -> None:
    tamper, error = TAMPERING[kind]
    tamper(release)
    with pytest.raises(error) as caught:
        verified(release, tmp_path / "scratch")
    assert caught.value.message.isprintable()


def edit_csv(content: Path) -> None:
    next(content.glob("results/**/summary.csv")).write_bytes(b"scenario,seed\nbaseline,43\n")


def edit_envelope(content: Path) -> None:
    path = next(content.glob("results/**/artefact.json"))
    path.write_bytes(path.read_bytes().replace(b'"messages":2000', b'"messages":9000'))


def add_result(content: Path) -> None:
    (content / "results" / "stray.csv").write_bytes(b"x")


def drop_result(content: Path) -> None:
    next(content.glob("results/**/summary.csv")).unlink()


def add_to_run(content: Path) -> None:
    (next(content.glob("results/**/artefact.json")).parent / "more.csv").write_bytes(b"x")


@pytest.mark.parametrize("change", [edit_csv, edit_envelope, add_result, drop_result, add_to_run])
def test_changed_runs_are_refused_even_when_all_else_is_sealed_again(
    release: Path, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    repack(release, tmp_path / "content", change)
    with pytest.raises((IntegrityError, InvalidInput)):
        verified(release, tmp_path / "scratch")


def test_inner_sums_must_agree(release: Path, tmp_path: Path) -> None:
    repack(release, tmp_path / "content", add("NOTES.md", b"other notes"), inner_sums=False)
    with pytest.raises(IntegrityError, match=r"SHA256SUMS: has another sha256 for: 'NOTES\.md'"):
        verified(release, tmp_path / "scratch")


def test_a_whole_resealed_release_is_caught_by_the_tag(
    published: Project, release: Path, tmp_path: Path
) -> None:
    repack(release, tmp_path / "content", add("NOTES.md", b"other notes"))
    found = verified(release, tmp_path / "scratch")
    with pytest.raises(IntegrityError, match="has bundle sha256"):
        tag_layers(found, "demo", GitRepository.open(published.root), None)


def test_a_moved_tag_is_caught(published: Project, release: Path, tmp_path: Path) -> None:
    found = verified(release, tmp_path / "scratch")
    git(tmp_path, "clone", "--quiet", str(published.root), "clone")
    clone = tmp_path / "clone"
    message = git(clone, "tag", "--list", "--format=%(contents)", TAG)
    git(clone, "commit", "--quiet", "--allow-empty", "--message=second")
    git(clone, "tag", "--force", "--annotate", f"--message={message}", TAG)
    with pytest.raises(IntegrityError, match="points to"):
        tag_layers(found, "demo", GitRepository.open(clone), None)


def test_a_tag_layer_that_cannot_be_checked_gives_the_reason(
    published: Project, release: Path, tmp_path: Path
) -> None:
    found = verified(release, tmp_path / "scratch")
    git(tmp_path, "clone", "--quiet", "--no-tags", str(published.root), "clone")
    clone = GitRepository.open(tmp_path / "clone")
    layers = [
        tag_layers(found, "demo", None, None)[0],
        tag_layers(found, "other", clone, None)[0],
        tag_layers(found, "demo", clone, None)[0],
    ]
    git(tmp_path / "clone", "tag", TAG)
    layers.append(tag_layers(found, "demo", clone, None)[0])
    assert [layer.checked for layer in layers] == [False] * 4
    assert len({layer.detail for layer in layers}) == 4


def test_only_public_releases_are_fetched(published: Project, tmp_path: Path) -> None:
    forge = DirectoryForge(published.releases)
    with pytest.raises(NotFound, match="there is no release"):
        download_release(forge, "v1", tmp_path, no_progress)


def test_a_release_of_another_tag_is_not_the_one_asked_for(release: Path, tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="not of v1"):
        verified(release, tmp_path / "scratch", "v1")


def test_the_manifest_digest_names_the_release(release: Path, tmp_path: Path) -> None:
    found = verified(release, tmp_path / "scratch")
    assert found.manifest_sha256 == digest_bytes((release / "manifest.json").read_bytes())

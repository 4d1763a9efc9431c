"""Publishing from a real repository, with a bare remote and a folder of releases."""

from __future__ import annotations

import subprocess
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from obrelease.errors import CheckFailed, Conflict, IntegrityError, NotFound, RemoteError
from obrelease.models.version_tag import Tag
from obrelease.release.publish.create_plan import PublishOptions, create_plan
from obrelease.release.publish.journal import Journal
from obrelease.release.publish.pipeline import BUNDLE, PUBLISH, TAG, run_steps
from obrelease.release.publish.staged_release import StagedRelease
from obrelease.release.publish.step import PublishContext
from obrelease.release.verify.tag_message import digests_in
from obrelease.remote.forge.directory import DirectoryForge
from obrelease.remote.forge.protocol import Asset, Release
from obrelease.storage.progress import Advance
from obrelease.storage.reporter import SilentReporter
from tests.unit.release.project import Project, git, make_project

BETA = Tag.parse("v0.9-beta")


@pytest.fixture(autouse=True)
def no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path)


def publish(
    project: Project,
    scratch: Path,
    *,
    context: PublishContext | None = None,
    runs: tuple[str, ...] = (),
    dry_run: bool = False,
    tag: Tag = BETA,
) -> StagedRelease:
    context = context or project.context()
    plan = create_plan(PublishOptions("demo", tag, runs, "origin", dry_run), PUBLISH, context, project.head())
    journal = None if dry_run else Journal.of(context.repo.git_dir, tag.text)
    _, staged = run_steps(plan, PUBLISH, context, scratch, journal)
    return staged


def snapshot(root: Path) -> dict[str, bytes]:
    """Every file below a folder but the registry's index, which is derived and disposable."""
    files = (path for path in root.rglob("*") if path.is_file() and not path.name.startswith(".index"))
    return {str(path): path.read_bytes() for path in files}


def test_one_publish_makes_a_tag_here_and_there_and_a_public_release(
    project: Project, tmp_path: Path
) -> None:
    staged = publish(project, tmp_path / "s")
    assert (staged.tagged, staged.uploaded) == ("created", "published")
    assert staged.packed is not None
    release = DirectoryForge(project.releases).find(BETA.text)
    assert release is not None
    assert (release.draft, release.prerelease) == (False, True)
    assert {(a.name, a.size, a.sha256) for a in release.assets} == {
        (asset.facts.name, asset.facts.size, asset.facts.sha256) for asset in staged.packed.assets
    }
    assert project.remote_tag(BETA.text) == project.head()
    message = git(project.root, "tag", "--list", "--format=%(contents)", BETA.text)
    assert digests_in(message) == {
        "bundle": staged.packed.manifest.bundle.sha256,
        "manifest": staged.packed.manifest_sha256,
    }


def test_a_third_party_checks_the_release_with_sha256sum_and_tar(project: Project, tmp_path: Path) -> None:
    publish(project, tmp_path / "s")
    assets = project.releases / BETA.text / "assets"
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=assets, check=True)
    out = tmp_path / "out"
    out.mkdir()
    subprocess.run(["tar", "-xzf", str(assets / "demo-v0.9-beta.tar.gz"), "-C", str(out)], check=True)
    inside = out / "demo-v0.9-beta"
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=inside, check=True)
    assert sorted(path.name for path in inside.iterdir()) == ["NOTES.md", "SHA256SUMS", "results", "schemas"]
    for envelope in inside.glob("results/*/*/*/artefact.json"):
        said = subprocess.run(["sha256sum", str(envelope)], capture_output=True, text=True, check=True).stdout
        assert said.startswith(envelope.parent.name)


def test_publishing_twice_is_harmless(project: Project, tmp_path: Path) -> None:
    first = publish(project, tmp_path / "one")
    before = snapshot(project.releases)
    second = publish(project, tmp_path / "two")
    assert (second.tagged, second.uploaded) == ("present", "already published")
    assert second.packed is not None
    assert first.packed is not None
    assert second.packed.manifest == first.packed.manifest
    assert snapshot(project.releases) == before


def test_other_runs_under_a_published_tag_are_a_conflict(project: Project, tmp_path: Path) -> None:
    publish(project, tmp_path / "one")
    before = snapshot(project.releases)
    kept = [entry.digest for entry in project.context().registry.find()]
    project.record("x100")
    with pytest.raises(Conflict, match="was started"):
        publish(project, tmp_path / "two")
    Journal.of(project.context().repo.git_dir, BETA.text).path.unlink()
    with pytest.raises(Conflict, match="points at"):
        publish(project, tmp_path / "three")
    git(project.root, "switch", "--quiet", "--detach", BETA.text)
    with pytest.raises(Conflict, match="carries bundle"):
        publish(project, tmp_path / "four", runs=(kept[0],))
    git(project.root, "tag", "--delete", BETA.text)
    with pytest.raises(Conflict, match="has a tag"):
        publish(project, tmp_path / "five")
    context = project.context()
    options = PublishOptions("demo", BETA, (kept[0],), dry_run=True)
    plan = create_plan(options, PUBLISH, context, project.head())
    with pytest.raises(Conflict, match="public already"):
        run_steps(plan, PUBLISH, context, tmp_path / "six", None)
    assert context.repo.local_tag(BETA.text) is None
    assert snapshot(project.releases) == before
    git(project.root, "fetch", "--quiet", "origin", "tag", BETA.text)
    again = publish(project, tmp_path / "seven", runs=tuple(digest[:10] for digest in kept))
    assert again.uploaded == "already published"


def test_a_dry_run_does_everything_and_changes_nothing(project: Project, tmp_path: Path) -> None:
    project.context().registry.find()
    before = snapshot(project.root), snapshot(project.remote)
    staged = publish(project, tmp_path / "s", dry_run=True)
    assert (snapshot(project.root), snapshot(project.remote)) == before
    assert (staged.tagged, staged.uploaded) == (None, None)
    assert staged.packed is not None
    published = publish(project, tmp_path / "t")
    assert published.packed is not None
    assert published.packed.manifest == staged.packed.manifest


def test_a_bundle_is_rebuilt_bit_for_bit_in_another_clone(project: Project, tmp_path: Path) -> None:
    staged = publish(project, tmp_path / "s")
    git(tmp_path, "clone", "--quiet", str(project.root), "clone")
    other = replace(project, root=tmp_path / "clone")
    context = replace(other.context(), forge=None)
    plan = create_plan(PublishOptions("demo", BETA), BUNDLE, context, other.head())
    _, rebuilt = run_steps(plan, BUNDLE, context, tmp_path / "t", None)
    assert rebuilt.packed is not None
    assert staged.packed is not None
    assert [asset.facts for asset in rebuilt.packed.assets] == [asset.facts for asset in staged.packed.assets]


def test_tagging_first_and_publishing_later_is_one_release(project: Project, tmp_path: Path) -> None:
    context = replace(project.context(), forge=None)
    plan = create_plan(PublishOptions("demo", BETA, (), "origin"), TAG, context, project.head())
    done, tagged = run_steps(plan, TAG, context, tmp_path / "s", Journal.of(context.repo.git_dir, BETA.text))
    assert tagged.tagged == "created"
    assert [step.state for step in done.steps] == ["done"] * 8
    assert project.remote_tag(BETA.text) == project.head()
    published = publish(project, tmp_path / "t")
    assert (published.tagged, published.uploaded) == ("present", "published")


class Failing(DirectoryForge):
    """A forge that fails at one of its acts, once."""

    def __init__(self, root: Path, act: str) -> None:
        super().__init__(root)
        self.act = act

    def fail(self, act: str) -> None:
        if self.act == act:
            self.act = ""
            raise RemoteError(f"the forge failed at {act}")

    def upload(self, release: Release, name: str, path: Path, sha256: str, advance: Advance) -> Asset:
        self.fail(name)
        return super().upload(release, name, path, sha256, advance)

    def publish(self, release: Release) -> Release:
        self.fail("publish")
        return super().publish(release)


@pytest.mark.parametrize("act", ["demo-v0.9-beta.tar.gz", "manifest.json", "SHA256SUMS", "publish"])
def test_a_failed_upload_leaves_a_draft_that_the_next_run_finishes(
    project: Project, tmp_path: Path, act: str
) -> None:
    context = project.context(Failing(project.releases, act))
    with pytest.raises(RemoteError, match="the forge failed"):
        publish(project, tmp_path / "s", context=context)
    half = DirectoryForge(project.releases).find(BETA.text)
    assert half is not None
    assert half.draft
    plan = Journal.of(context.repo.git_dir, BETA.text).load()
    assert plan is not None
    assert [step.state for step in plan.steps] == ["done"] * (10 if act == "publish" else 9) + ["pending"] * (
        1 if act == "publish" else 2
    )
    assert publish(project, tmp_path / "t", context=context).uploaded == "published"


def test_a_draft_with_a_foreign_file_is_not_published(project: Project, tmp_path: Path) -> None:
    with pytest.raises(RemoteError):
        publish(project, tmp_path / "s", context=project.context(Failing(project.releases, "publish")))
    forge = DirectoryForge(project.releases)
    draft = forge.find(BETA.text)
    assert draft is not None
    alien = tmp_path / "alien"
    alien.write_bytes(b"x")
    forge.upload(
        draft,
        "alien.bin",
        alien,
        "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
        lambda _: None,
    )
    with pytest.raises(Conflict, match=r"alien\.bin"):
        publish(project, tmp_path / "t")
    still = forge.find(BETA.text)
    assert still is not None
    assert still.draft


class TestPreflightRefuses:
    def test_changed_and_untracked_files(self, project: Project, tmp_path: Path) -> None:
        (project.root / "pyproject.toml").write_text("# changed\n")
        (project.root / "stray").write_text("x")
        with pytest.raises(CheckFailed, match=r"pyproject\.toml', 'stray"):
            publish(project, tmp_path / "s")
        assert not (tmp_path / "s").exists()

    def test_a_registry_without_runs(self, project: Project, tmp_path: Path) -> None:
        with pytest.raises(NotFound, match="no runs"):
            publish(replace(project, results=project.root / "empty"), tmp_path / "s")

    def test_a_run_that_was_damaged(self, project: Project, tmp_path: Path) -> None:
        entry = project.context().registry.find()[0]
        (entry.folder / "summary.csv").write_bytes(b"tampered\n")
        with pytest.raises(IntegrityError, match=r"summary\.csv"):
            publish(project, tmp_path / "s")

    def test_a_folder_that_lost_its_envelope(self, project: Project, tmp_path: Path) -> None:
        entry = project.context().registry.find()[0]
        (entry.folder / "artefact.json").unlink()
        project.context().registry.reindex()
        with pytest.raises(IntegrityError, match="cannot be read"):
            publish(project, tmp_path / "s")

    def test_stale_schemas(self, project: Project, tmp_path: Path) -> None:
        path = project.root / "schemas" / "plan.v1.schema.json"
        path.write_text("{}\n")
        git(project.root, "commit", "--quiet", "--all", "--message=stale")
        with pytest.raises(CheckFailed, match="differs from the models"):
            publish(project, tmp_path / "s")

    @pytest.mark.parametrize("where", ["here", "there"])
    def test_a_tag_that_points_elsewhere(self, project: Project, tmp_path: Path, where: str) -> None:
        git(project.root, "tag", BETA.text)
        if where == "there":
            git(project.root, "push", "--quiet", "origin", BETA.text)
            git(project.root, "tag", "--delete", BETA.text)
        git(project.root, "commit", "--quiet", "--allow-empty", "--message=second")
        with pytest.raises(Conflict, match="points at"):
            publish(project, tmp_path / "s")
        assert DirectoryForge(project.releases).find(BETA.text) is None

    def test_a_run_that_is_not_there(self, project: Project, tmp_path: Path) -> None:
        with pytest.raises(NotFound):
            publish(project, tmp_path / "s", runs=("0" * 64,))


def test_runs_can_be_chosen(project: Project, tmp_path: Path) -> None:
    chosen = project.record("x100", seed=7)
    staged = publish(project, tmp_path / "s", runs=(chosen.digest[:8],))
    assert staged.packed is not None
    assert [run.digest for run in staged.packed.manifest.runs] == [chosen.digest]


@pytest.mark.parametrize(
    ("how", "said"),
    [((), "is a lightweight tag"), (("--annotate", "--message=by hand"), "has no digests")],
    ids=["lightweight", "annotated"],
)
def test_a_tag_made_by_hand_is_refused(
    project: Project, tmp_path: Path, how: tuple[str, ...], said: str
) -> None:
    git(project.root, "tag", *how, BETA.text)
    with pytest.raises(Conflict, match=said) as refused:
        publish(project, tmp_path / "s")
    assert f"git tag --delete {BETA.text}" in str(refused.value.hint)
    git(project.root, "tag", "--delete", BETA.text)
    assert publish(project, tmp_path / "s").uploaded == "published"


def test_what_is_refused_before_it_begins_leaves_no_journal(project: Project, tmp_path: Path) -> None:
    (project.root / "new.txt").write_text("x")
    with pytest.raises(CheckFailed, match=r"new\.txt"):
        publish(project, tmp_path / "s")
    assert Journal.of(project.context().repo.git_dir, BETA.text).load() is None


def test_a_published_tag_is_gone_back_to_by_checking_it_out(project: Project, tmp_path: Path) -> None:
    publish(project, tmp_path / "s")
    git(project.root, "commit", "--quiet", "--allow-empty", "--message=second")
    with pytest.raises(Conflict) as refused:
        publish(project, tmp_path / "s2")
    assert f"git switch --detach {BETA.text}" in str(refused.value.hint)
    git(project.root, "switch", "--quiet", "--detach", BETA.text)
    assert publish(project, tmp_path / "s3").uploaded == "already published"


class WarningRecorder(SilentReporter):
    """Collects the warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)


def test_warnings_about_the_runs_are_reported_and_kept_in_the_plan(project: Project, tmp_path: Path) -> None:
    reporter = WarningRecorder()
    publish(project, tmp_path / "s", context=replace(project.context(), reporter=reporter))
    plan = Journal.of(project.context().repo.git_dir, BETA.text).load()
    assert plan is not None
    assert list(plan.doubts) == reporter.warnings
    assert [text[:38] for text in reporter.warnings] == ["2 of 2 runs do not name the commit tha"]


def test_members_are_dated_and_owned_alike(project: Project, tmp_path: Path) -> None:
    publish(project, tmp_path / "s")
    with tarfile.open(project.releases / BETA.text / "assets" / "demo-v0.9-beta.tar.gz") as tar:
        facts = {(m.mode, m.mtime, m.uid, m.gid, m.uname, m.gname, m.isreg()) for m in tar.getmembers()}
    assert facts == {(0o644, 315_532_800, 0, 0, "", "", True)}

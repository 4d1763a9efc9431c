"""Repositories as people have them: after `tag --remote` a fresh clone verifies, or `tag` refused."""

from __future__ import annotations

import json
import shlex
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from tests.unit.release.project import git, record

TAG = "v0.9-beta"


@dataclass(frozen=True, slots=True)
class Place:
    """A repository with a remote, before its runs are committed."""

    root: Path
    remote: Path
    base: Path

    @property
    def results(self) -> Path:
        return self.root / "results"

    def commit(self) -> None:
        git(self.root, "add", "--all")
        git(self.root, "commit", "--quiet", "--allow-empty", "--message=everything")

    def attributes(self, text: str, folder: str = ".") -> None:
        (self.root / folder).mkdir(exist_ok=True)
        (self.root / folder / ".gitattributes").write_text(f"{text}\n")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[protocol.file]\n\tallow = always\n")
    monkeypatch.setenv("HOME", str(home))
    git(tmp_path, "init", "--quiet", "--bare", "remote.git")
    git(tmp_path, "init", "--quiet", "--initial-branch=main", "project")
    root = tmp_path / "project"
    (root / "pyproject.toml").write_text('[tool.obrelease]\nproject = "demo"\n')
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=first")
    git(root, "remote", "add", "origin", str(tmp_path / "remote.git"))
    made = Place(root, tmp_path / "remote.git", tmp_path)
    record(made.results, "baseline", 42)
    (made.results / ".gitignore").write_text("/.index.sqlite*\n/.staging/\n")
    return made


def plain(place: Place) -> None:
    place.commit()


def not_committed(place: Place) -> None:
    """Only `git add`."""
    git(place.root, "add", "--all")


def ignored(place: Place) -> None:
    (place.root / ".gitignore").write_text("/results/\n")
    place.commit()


def ignored_by_kind_of_file(place: Place) -> None:
    (place.root / ".gitignore").write_text("*.csv\n")
    place.commit()


def symbolic_link(place: Place) -> None:
    shutil.move(place.results, place.base / "elsewhere")
    place.results.symlink_to(place.base / "elsewhere")
    place.commit()


def symbolic_link_inside(place: Place) -> None:
    shutil.move(place.results, place.root / "measured")
    place.results.symlink_to("measured")
    place.commit()


def crlf_original(place: Place) -> None:
    """A file with CRLF line ends, in a repository that normalises them."""
    place.attributes("* text=auto")
    run = next(place.results.glob("bench/*/*"))
    (run / "summary.csv").read_bytes()
    shutil.rmtree(place.results / "bench")
    record_with_crlf(place.results)
    place.commit()


def record_with_crlf(results: Path) -> None:
    from obrelease.registry.store import Registry
    from obrelease.storage.durable import NewFile
    from tests.unit.release.project import run_of

    Registry(results).record(
        run_of("baseline", 42), (NewFile("summary.csv", "text/csv", b"scenario,seed\r\nbaseline,42\r\n"),)
    )


def crlf_in_every_clone(place: Place) -> None:
    place.attributes("* text=auto eol=crlf")
    place.commit()


def crlf_kept(place: Place) -> None:
    crlf_original(place)
    place.attributes("* -text", "results")
    git(place.root, "add", "--renormalize", "results")
    place.commit()


def autocrlf(place: Place) -> None:
    git(place.root, "config", "core.autocrlf", "true")
    place.commit()


def autocrlf_original(place: Place) -> None:
    git(place.root, "config", "core.autocrlf", "true")
    shutil.rmtree(place.results / "bench")
    record_with_crlf(place.results)
    place.commit()


def lfs_pointers(place: Place) -> None:
    """What `git lfs` commits: pointers in the tree, the content in the work tree."""
    place.attributes("*.csv filter=lfs")
    clean = place.base / "clean"
    clean.write_text(
        f"#!/bin/sh\nTMPDIR={shlex.quote(str(place.base))}\ncat > $TMPDIR/content.$$\n"
        'printf "version https://git-lfs.github.com/spec/v1\\noid sha256:%s\\nsize %s\\n" '
        '"$(sha256sum < $TMPDIR/content.$$ | cut -c1-64)" "$(wc -c < $TMPDIR/content.$$ | tr -d " ")"\n'
    )
    clean.chmod(0o755)
    git(place.root, "config", "filter.lfs.clean", str(clean))
    git(place.root, "config", "filter.lfs.smudge", "cat")
    place.commit()


def filtered_in_every_clone(place: Place) -> None:
    place.attributes("*.csv filter=crypt")
    place.commit()


def submodule(place: Place) -> None:
    shutil.move(place.results, place.base / "kept")
    git(place.base, "init", "--quiet", "--initial-branch=main", "sub")
    shutil.copytree(place.base / "kept", place.base / "sub", dirs_exist_ok=True)
    git(place.base / "sub", "add", "--all")
    git(place.base / "sub", "commit", "--quiet", "--message=runs")
    git(place.root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../sub", "results")
    place.commit()


def detached(place: Place) -> None:
    place.commit()
    git(place.root, "switch", "--quiet", "--detach")


def other_bytes_in_the_commit(place: Place) -> None:
    file = next(place.results.glob("bench/*/*/summary.csv"))
    content = file.read_bytes()
    file.write_bytes(content.replace(b"42", b"43"))
    place.commit()
    file.write_bytes(content)


def refused_by_a_hook(place: Place) -> None:
    place.commit()
    hook = place.remote / "hooks" / "pre-receive"
    hook.write_text(
        "#!/bin/sh\necho 'error: GH013: Repository rule violations found for refs/tags/v0.9-beta.' >&2\n"
        "echo '- Cannot create ref due to creations being restricted.' >&2\nexit 1\n"
    )
    hook.chmod(hook.stat().st_mode | stat.S_IXUSR)


def accepted_by_a_hook(place: Place) -> None:
    place.commit()
    hook = place.remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\ncat > /dev/null\nexit 0\n")
    hook.chmod(hook.stat().st_mode | stat.S_IXUSR)


VERIFIES: dict[str, Callable[[Place], None]] = {
    each.__name__: each for each in (plain, crlf_kept, autocrlf, detached, accepted_by_a_hook)
}
REFUSED: dict[str, tuple[Callable[[Place], None], ExitCode, str, str]] = {
    each.__name__: (each, code, said, cure)
    for each, code, said, cure in (
        (not_committed, ExitCode.CHECK_FAILED, "is not committed", "git commit"),
        (ignored, ExitCode.CHECK_FAILED, "is ignored by .gitignore:1: /results/", "git add --force results"),
        (ignored_by_kind_of_file, ExitCode.CHECK_FAILED, "is ignored by .gitignore:1: *.csv", "--force"),
        (symbolic_link, ExitCode.USAGE, "is not below the project's root", "OBRELEASE_RESULTS"),
        (symbolic_link_inside, ExitCode.CHECK_FAILED, "is a symbolic link", "into the repository itself"),
        (crlf_original, ExitCode.CHECK_FAILED, "is changed by git (line ends)", "* -text"),
        (crlf_in_every_clone, ExitCode.CHECK_FAILED, "is changed by git (eol=crlf)", "* -text"),
        (autocrlf_original, ExitCode.CHECK_FAILED, "is changed by git (line ends)", "* -text"),
        (lfs_pointers, ExitCode.CHECK_FAILED, "is changed by git (filter=lfs)", "* -text"),
        (filtered_in_every_clone, ExitCode.CHECK_FAILED, "is changed by git (filter=crypt)", "* -text"),
        (submodule, ExitCode.CHECK_FAILED, "is another repository", "repository that is tagged"),
        (other_bytes_in_the_commit, ExitCode.CHECK_FAILED, "is committed with other bytes", "git commit"),
        (refused_by_a_hook, ExitCode.REMOTE, "GH013: Repository rule violations found", "administrator"),
    )
}


def fresh_clone_verifies(place: Place, monkeypatch: pytest.MonkeyPatch, *options: str) -> None:
    clone = place.base / "clone"
    git(place.base, *options, "clone", "--quiet", "--branch", TAG, str(place.remote), "clone")
    monkeypatch.chdir(clone)
    out = place.base / "out"
    assert execute(["bundle", TAG, "--output", str(out)]) == ExitCode.OK
    assert execute(["verify", f"{out}/"]) == ExitCode.OK


@pytest.mark.parametrize("name", VERIFIES)
def test_a_fresh_clone_verifies(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    VERIFIES[name](place)
    monkeypatch.chdir(place.root)
    assert execute(["tag", TAG, "--remote", "origin", "--json"]) == ExitCode.OK
    assert json.loads(capsys.readouterr().out)["tagged"] == "created"
    fresh_clone_verifies(place, monkeypatch)


@pytest.mark.parametrize("name", REFUSED)
def test_or_the_tag_is_refused_with_the_cure(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    prepare, code, said, cure = REFUSED[name]
    prepare(place)
    monkeypatch.chdir(place.root)
    assert execute(["tag", TAG, "--remote", "origin"]) == code
    shown = capsys.readouterr().err
    assert said in shown
    assert cure in shown
    assert git(place.remote, "tag", "--list") == ""
    if code == ExitCode.CHECK_FAILED:
        assert git(place.root, "tag", "--list") == ""
        assert execute(["publish", TAG, "--dry-run"]) == code, "publish asks the same"


def test_a_clone_that_converts_line_ends_rebuilds_the_release_all_the_same(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place.commit()
    monkeypatch.chdir(place.root)
    assert execute(["tag", TAG, "--remote", "origin"]) == ExitCode.OK
    assert "a clone with core.autocrlf would change the runs" in capsys.readouterr().err
    fresh_clone_verifies(place, monkeypatch, "-c", "core.autocrlf=true")


def test_a_worktree_and_a_shallow_and_a_sparse_clone_can_tag(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place.commit()
    git(place.root, "push", "--quiet", "origin", "main")
    git(place.root, "worktree", "add", "--quiet", "--detach", "../tree")
    git(place.base, "clone", "--quiet", "--branch=main", "--depth=1", f"file://{place.remote}", "shallow")
    git(place.base, "clone", "--quiet", "--branch=main", "--sparse", str(place.remote), "sparse")
    git(place.base / "sparse", "sparse-checkout", "set", "results")
    for number, folder in enumerate(("tree", "shallow", "sparse")):
        monkeypatch.chdir(place.base / folder)
        assert execute(["tag", f"v0.{number}", "--remote", "origin"]) == ExitCode.OK, folder
        assert f"refs/tags/v0.{number}" in git(place.remote, "for-each-ref")
    monkeypatch.chdir(place.base / "sparse")
    git(place.base / "sparse", "sparse-checkout", "set", "nothing")
    capsys.readouterr()
    assert execute(["tag", "v0.9"]) == ExitCode.NOT_FOUND, "without its runs there is nothing to tag"

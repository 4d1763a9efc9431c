"""A scratch clone of this project with one small run, a bare remote, and the tag that starts a release."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.program import COMMAND, ROOT, import_path

TAG: Final = "v0.9-beta"


@dataclass(frozen=True, slots=True)
class Scratch:
    """The maintainer's clone, and the remote that it pushes to."""

    clone: Path
    remote: Path
    home: Path

    def git(self, *arguments: str) -> str:
        """Run git in the clone."""
        return self._run("git", "-c", "user.name=Tester", "-c", "user.email=tester@localhost", *arguments)

    def obrelease(self, *arguments: str) -> str:
        """Run the command line in the clone."""
        return self._run(*COMMAND, *arguments)

    def demand_signatures(self) -> Path:
        """Have the policy ask for a maintainer's signatures, as its comment describes; returns the key."""
        key = self.home / "key"
        self._run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key))
        public = key.with_suffix(".pub").read_text("utf-8")
        policy = self.clone / ".github" / "release-policy.toml"
        policy.with_name("allowed_signers").write_text(f"maintainer@localhost {public}", "utf-8")
        lines = policy.read_text("utf-8").splitlines()
        lines = [line.removeprefix("# ") if "allowed_signers_file =" in line else line for line in lines]
        text = "\n".join(lines) + "\n"
        assert '"tag"]' in text
        signed = '"tag", "tag-signature", "sums-signature", "provenance"]'
        policy.write_text(text.replace('"tag"]', signed), "utf-8")
        return key

    def commit(self, message: str) -> None:
        """Commit everything that is not ignored and push it."""
        self.git("add", "--all")
        self.git("commit", "--quiet", f"--message={message}")
        self.git("push", "--quiet", "origin", "HEAD:refs/heads/main")

    def _run(self, *command: str) -> str:
        hidden = ("OBRELEASE_", "GITHUB_", "GH_", "GIT_")
        environment = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
        environment |= {"HOME": str(self.home), "GIT_CONFIG_NOSYSTEM": "1"}
        environment["PYTHONPATH"] = import_path(ROOT, ROOT / "engine")
        done = subprocess.run(
            command, cwd=self.clone, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout.strip()


def copy_of(base: Scratch, folder: Path) -> Scratch:
    """Another clone with a remote of its own, in the state that the base is in."""
    folder.mkdir()
    scratch = Scratch(folder / "clone", folder / "remote.git", folder / "home")
    shutil.copytree(base.clone, scratch.clone, symlinks=True)
    shutil.copytree(base.remote, scratch.remote)
    scratch.home.mkdir()
    scratch.git("remote", "set-url", "origin", str(scratch.remote))
    return scratch


def wheel_of(scratch: Scratch, folder: Path) -> Path:
    """A wheel of the clone without the native core."""
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    environment = {**os.environ, "OBENGINE_NO_NATIVE": "1"}
    subprocess.run([*pip, "--wheel-dir", str(folder), str(scratch.clone)], check=True, env=environment)
    (wheel,) = folder.glob("*.whl")
    return wheel


def make_scratch(folder: Path) -> Scratch:
    """This checkout as it is, without its results, as the first commit; then one run of its own."""
    scratch = Scratch(folder / "clone", folder / "remote.git", folder / "home")
    for path in (scratch.clone, scratch.home):
        path.mkdir(parents=True)
    for name in _listed():
        source, target = ROOT / name, scratch.clone / name
        if source.is_file() and not name.startswith("results/"):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    subprocess.run(["git", "init", "--quiet", "--bare", str(scratch.remote)], check=True)
    # GitHub hands out any commit that is asked for by name.
    wants = ("config", "uploadpack.allowAnySHA1InWant", "true")
    subprocess.run(["git", *wants], cwd=scratch.remote, check=True)
    scratch.git("init", "--quiet", "--initial-branch=main")
    scratch.git("remote", "add", "origin", str(scratch.remote))
    scratch.commit("everything")
    bench = ("run", "bench", "--scenario", "baseline", "--seed", "42", "--core", "reference")
    scratch.obrelease(*bench, "--messages", "500", "--passes", "1")
    scratch.commit("a run")
    return scratch


def _listed() -> list[str]:
    kinds = ("--cached", "--others", "--exclude-standard")
    listed = subprocess.run(["git", "ls-files", "-z", *kinds], cwd=ROOT, capture_output=True, check=True)
    return [name for name in listed.stdout.decode().split("\0") if name]

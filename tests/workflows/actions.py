"""What the actions of the release workflow do, as far as the workflow sees: each by its own few lines."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

OWN: Final = ("obrelease", "obengine")
"""What must come from the wheel that the workflow built, never from the environment of the tests."""

LOOPBACK_HOSTS: Final = '''"""Every host below localhost is this machine (RFC 6761); few resolvers know."""
import socket

_resolve = socket.getaddrinfo


def getaddrinfo(host, *arguments, **named):
    own = isinstance(host, str) and host.endswith(".localhost")
    return _resolve("127.0.0.1" if own else host, *arguments, **named)


socket.getaddrinfo = getaddrinfo
'''


def git(folder: Path, *arguments: str) -> str:
    """Run git as the runner's own user would, with nobody's settings."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
    )
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
    return done.stdout.strip()


def checkout(options: Mapping[str, object], remote: Path, tag: str, workspace: Path) -> None:
    """As actions/checkout does it for a tag: the tag's ref is overwritten with the bare commit."""
    workspace.mkdir()
    git(workspace, "init", "--quiet")
    git(workspace, "remote", "add", "origin", str(remote))
    if options.get("fetch-depth") == 0:
        refs = ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
        git(workspace, "fetch", "--quiet", "origin", *refs)
    commit = git(remote, "rev-parse", f"refs/tags/{tag}^{{commit}}")
    git(workspace, "fetch", "--quiet", "--no-tags", "--force", "origin", f"+{commit}:refs/tags/{tag}")
    git(workspace, "checkout", "--quiet", "--detach", f"refs/tags/{tag}")


def setup_python(folder: Path) -> Path:
    """A new environment that sees what the tests have installed, without the project itself; its `bin`."""
    if folder.is_dir():
        return folder / "bin"
    venv.create(folder, symlinks=True, with_pip=False)
    shown = folder / "shown"
    shown.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.lower().startswith(OWN) and entry.suffix != ".pth":
            (shown / entry.name).symlink_to(entry)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = folder / "lib" / version / "site-packages"
    (site / "loopback_hosts.py").write_text(LOOPBACK_HOSTS, "utf-8")
    (site / "shown.pth").write_text(f"{shown}\nimport loopback_hosts\n", "utf-8")
    return folder / "bin"


def upload_artifact(options: Mapping[str, str], workspace: Path, artifacts: Path) -> None:
    """Keep what a path names: a folder's content, or the files of a pattern."""
    path = workspace / options["path"]
    files = sorted(path.rglob("*")) if path.is_dir() else sorted(path.parent.glob(path.name))
    base = path if path.is_dir() else path.parent
    files = [file for file in files if file.is_file()]
    if not files and options.get("if-no-files-found") == "error":
        raise FileNotFoundError(f"no files at {options['path']} for the artifact {options['name']}")
    for file in files:
        target = artifacts / options["name"] / file.relative_to(base)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


def download_artifact(options: Mapping[str, str], workspace: Path, artifacts: Path) -> None:
    """Give back what earlier jobs kept, by name or merged by pattern."""
    pattern = options.get("name", options.get("pattern", "*"))
    found = [folder for folder in sorted(artifacts.iterdir()) if fnmatch(folder.name, pattern)]
    if not found:
        raise FileNotFoundError(f"no artifact {pattern}")
    for folder in found:
        shutil.copytree(folder, workspace / options["path"], dirs_exist_ok=True)


def subjects(options: Mapping[str, str], workspace: Path) -> dict[str, str]:
    """The subjects that the signing service is given: name to sha256."""
    files = [file for line in options["subject-path"].split() for file in sorted(workspace.glob(line))]
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}

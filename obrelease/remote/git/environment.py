"""How git is run: nothing of a repository's own configuration may start a program or hide a change.

Configuration from the command scope wins over the repository's, so what is dangerous is set
here, through `GIT_CONFIG_*` variables, which no process list shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

FALLBACK_NAME: Final = "obrelease"
FALLBACK_EMAIL: Final = "obrelease@localhost"

_SAFE: Final = (
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.sshCommand", "ssh"),
    ("core.askPass", ""),
    ("core.alternateRefsCommand", ""),
    ("core.pager", "cat"),
    ("core.fsync", "all"),
    ("core.fsyncMethod", "fsync"),
    ("credential.helper", ""),
    ("diff.external", ""),
    ("gc.auto", "0"),
    ("gpg.program", "false"),
    ("gpg.ssh.program", "ssh-keygen"),
    ("log.showSignature", "false"),
    ("maintenance.auto", "false"),
    ("protocol.ext.allow", "never"),
    ("push.followTags", "false"),
    ("push.gpgSign", "false"),
    ("push.recurseSubmodules", "no"),
    ("submodule.recurse", "false"),
    ("tag.forceSignAnnotated", "false"),
    ("tag.gpgSign", "false"),
)
"""Each entry stops a program that a repository could name, or an unwanted side effect.

`core.fsync` and `core.fsyncMethod` let a tag that was acknowledged survive a power cut.
An empty `credential.helper` clears the helpers that were named before it.
Tags are signed by SSH keys alone, so the only program that git may start for that is `ssh-keygen`.
"""


def environment(
    git_dir: Path,
    root: Path | None,
    *,
    own: Sequence[tuple[str, str]],
    filters: Iterable[str],
) -> dict[str, str]:
    """The variables that every git process gets on top of the inherited ones.

    Args:
        git_dir: the repository, named outright so that neither discovery nor an inherited
            `GIT_DIR` decides.
        root: the work tree, or None for a bare repository.
        own: settings of the user, kept from the global configuration, which is off otherwise.
        filters: the names of the clean/smudge drivers that the repository configures; each
            is switched off, since `git status` would run them.
    """
    off = [
        (f"filter.{name}.{key}", value)
        for name in sorted(filters)
        for key, value in (("clean", ""), ("smudge", ""), ("process", ""), ("required", "false"))
    ]
    settings = (*_SAFE, *off, *own)
    variables = {
        "GIT_DIR": str(git_dir),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_ALLOW_PROTOCOL": "https:ssh:file",
        "GIT_CONFIG_COUNT": str(len(settings)),
        "LC_ALL": "C",
    }
    if root is not None:
        variables |= {"GIT_WORK_TREE": str(root), "GIT_INDEX_FILE": str(git_dir / "index")}
    for index, (key, value) in enumerate(settings):
        variables |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    return variables

"""The environment of every git process: an isolated git folder, and the user's own transport settings.

Settings are passed through `GIT_CONFIG_*` variables, which no process list shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

FALLBACK_NAME: Final = "obrelease"
FALLBACK_EMAIL: Final = "obrelease@localhost"

_SETTINGS: Final = (
    ("core.hooksPath", "/dev/null"),
    ("core.fsync", "all"),
    ("core.fsyncMethod", "fsync"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
)
"""A tag that was reported must survive a power cut, and git starts no work of its own."""


def environment(
    git_dir: Path,
    root: Path | None,
    *,
    index: Path | None = None,
    own: Sequence[tuple[str, str]],
) -> dict[str, str]:
    """The variables that every git process gets on top of the inherited ones.

    Args:
        git_dir: a git folder whose configuration is ours (see `remote.git.isolation`), named outright,
            so that neither discovery nor an inherited `GIT_DIR` decides.
        root: the work tree, or None for a bare repository.
        index: the index of the work tree; that of `git_dir` if None.
        own: settings of the user, copied from the global configuration, which is off otherwise.
    """
    settings = (*_SETTINGS, *own)
    variables = {
        "GIT_DIR": str(git_dir),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_ALLOW_PROTOCOL": "https:ssh:file",
        "GIT_CONFIG_COUNT": str(len(settings)),
        "LC_ALL": "C",
    }
    if root is not None:
        variables |= {"GIT_WORK_TREE": str(root), "GIT_INDEX_FILE": str(index or git_dir / "index")}
    for number, (key, value) in enumerate(settings):
        variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return variables

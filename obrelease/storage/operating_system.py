"""What this program needs of the operating system, and the one error for a system that lacks it.

Linux is supported. macOS runs all that does not read `/proc`. Windows has no `flock`, `fork`, process groups
or syncing of folders: what needs one of them is refused at once.
"""

from __future__ import annotations

import sys
from typing import Final, NoReturn

from obrelease.errors import UsageError

SYSTEM_NAMES: Final = {"win32": "Windows", "darwin": "macOS", "linux": "Linux"}
"""Names for people, by `sys.platform`."""

WINDOWS_HINT: Final = "use Linux or macOS; on Windows, use the Windows Subsystem for Linux (WSL)"

_MACOS_LACKS: Final = (
    "no /proc: load of other processes, processor frequency, throttling and stolen time are not recorded",
    "fsync leaves data in the cache of the drive: a run may be lost if the power fails",
    "no PR_SET_PDEATHSIG: a measured function goes on if its parent is killed",
    "no processor counters and no processor affinity",
)
_WINDOWS_LACKS: Final = (
    "not supported: only commands that read or check runs are offered, and they are not tested there",
)


def refuse_windows(what: str) -> NoReturn:
    """Refuse what Windows cannot do; called behind `if sys.platform == "win32"`, which mypy understands.

    Args:
        what: the subject of the message, such as "`obrelease import`".

    Raises:
        UsageError: always.
    """
    raise UsageError(f"{what} does not work on Windows", hint=WINDOWS_HINT)


def system_name() -> str:
    """The name of this operating system for people."""
    return SYSTEM_NAMES.get(sys.platform, sys.platform)


def missing_features() -> tuple[str, ...]:
    """What this system lacks in comparison with Linux, one sentence each; empty on Linux."""
    return {"win32": _WINDOWS_LACKS, "darwin": _MACOS_LACKS}.get(sys.platform, ())

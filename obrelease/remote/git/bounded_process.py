"""Runs git with a deadline and a limit on its output, and finds the file that a stalled git waits for.

Git opens some files of a work tree and of a git folder without a look at their kind, and then waits for
the writer of a named pipe for ever. Such files are searched if a process has not finished after a moment,
so that an ordinary call pays nothing for the search.
"""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Final

from obrelease.errors import InvalidInput, RemoteError

if TYPE_CHECKING:
    from git import Git

LOCAL_DEADLINE_S: Final = 300
"""For a command that only reads and writes the repository."""

MAX_OUTPUT_BYTES: Final = 256 * 2**20
"""The largest output that is kept in memory: a listing of some million paths."""

_STALLED_S: Final = 2.0
_MAX_ERROR_BYTES: Final = 64 * 1024
_CHUNK_BYTES: Final = 256 * 1024
_CREDENTIALS: Final = re.compile(r"://[^/@\s]*@")


@dataclass(frozen=True, slots=True)
class GitOutput:
    """What a git process gave: its exit status and its output; of the messages at most 64 KiB."""

    status: int
    stdout: bytes
    stderr: bytes

    @property
    def text(self) -> str:
        """The output as text; bytes that are not UTF-8 become lone surrogates."""
        return self.stdout.decode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """What one git process may take.

    Attributes:
        seconds: until it is ended.
        output_bytes: of its standard output.
        keeps_terminal: whether it may ask the user for a passphrase, so it gets no session of its own.
    """

    seconds: float = LOCAL_DEADLINE_S
    output_bytes: int = MAX_OUTPUT_BYTES
    keeps_terminal: bool = False


LOCAL: Final = ProcessLimits()


def run_git(
    git: Git,
    arguments: tuple[str, ...],
    *,
    limits: ProcessLimits = LOCAL,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    when_stalled: Callable[[], None] = lambda: None,
) -> GitOutput:
    """Run git to its end.

    Args:
        env: variables on top of those that `git` has.
        stdin: its standard input.
        when_stalled: called once if git has not finished after two seconds; it raises if it finds the reason.

    Raises:
        InvalidInput: the output is larger than the limit, or `when_stalled` found what git waits for.
        RemoteError: git did not finish in time, or cannot be started.
    """
    handle = git.execute(
        ["git", *arguments],
        as_process=True,
        istream=subprocess.PIPE if stdin else None,
        env=dict(env or {}),
        **({} if limits.keeps_terminal else {"start_new_session": True}),
    )
    process = handle.proc
    assert process is not None
    try:
        return _Exchange(process, arguments[0], limits, stdin, when_stalled).finish()
    finally:
        _end(process, own_session=not limits.keeps_terminal)


@dataclass(slots=True)
class _Exchange:
    """Feeds a process and collects its output until it ends."""

    process: subprocess.Popen[bytes]
    what: str
    limits: ProcessLimits
    stdin: bytes
    when_stalled: Callable[[], None]
    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)

    def finish(self) -> GitOutput:
        start = time.monotonic()
        waits = [(start + _STALLED_S, self.when_stalled), (start + self.limits.seconds, self._too_slow)]
        with selectors.DefaultSelector() as selector:
            for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
                if stream is not None:
                    events = selectors.EVENT_WRITE if stream is self.process.stdin else selectors.EVENT_READ
                    selector.register(stream, events, stream)
            while selector.get_map():
                ready = selector.select(max(0.0, waits[0][0] - time.monotonic()))
                for key, _ in ready:
                    ready_stream: IO[bytes] = key.data
                    if not self._transfer(ready_stream):
                        selector.unregister(ready_stream)
                        ready_stream.close()
                if time.monotonic() >= waits[0][0]:
                    waits.pop(0)[1]()
        return GitOutput(self._status(waits[-1][0]), bytes(self.stdout), bytes(self.stderr))

    def _status(self, end: float) -> int:
        try:
            return self.process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._too_slow()
            raise

    def _transfer(self, stream: IO[bytes]) -> bool:
        """Move some bytes; False at the end of the stream."""
        if stream is self.process.stdin:
            with suppress(BrokenPipeError):
                self.stdin = self.stdin[os.write(stream.fileno(), self.stdin[:4096]) :]
                return bool(self.stdin)
            return False
        data = os.read(stream.fileno(), _CHUNK_BYTES)
        if stream is self.process.stderr:
            self.stderr += data[: _MAX_ERROR_BYTES - len(self.stderr)]
        else:
            self.stdout += data
            if len(self.stdout) > self.limits.output_bytes:
                raise InvalidInput(
                    f"git {self.what}: its output is larger than {self.limits.output_bytes:,} bytes"
                )
        return bool(data)

    def _too_slow(self) -> None:
        raise RemoteError(
            f"git {self.what} did not finish within {self.limits.seconds:g} s",
            hint="run `git status` in the repository, and see what it waits for",
        )


def _end(process: subprocess.Popen[bytes], *, own_session: bool) -> None:
    """End a process that is still running, with what it started; close its streams."""
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            if own_session and sys.platform != "win32":
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.close()


def git_failure(what: str, reason: Exception | str) -> RemoteError:
    """The error for a git command that failed, with git's own reason and without credentials."""
    text = reason if isinstance(reason, str) else getattr(reason, "stderr", "") or str(reason)
    redacted = _CREDENTIALS.sub("://[hidden]@", " ".join(text.split()))
    return RemoteError(f"{what}: {redacted.removeprefix('stderr: ')[:500]}")

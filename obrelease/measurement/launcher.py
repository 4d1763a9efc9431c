"""Starts one command, waits for its end and reports what it used. A program of its own, started by `process`.

It is separate for two reasons. Linux counts the memory of the process that starts a command to the peak of
the command (`exec_mmap` in fs/exec.c), so whoever starts it must be small. And if the process that measures
is killed, somebody has to end the command: the launcher does when its control pipe is closed.

Usage: `python -I -S launcher.py CONTROL_FD,REPORT_FD[,LOCK_FD] COMMAND...`; the report is one line per fact.
The lock of the host stays held until the command has ended, also if whoever measures is killed.
"""

import os
import select
import signal
import sys
from time import monotonic

assert sys.platform != "win32"  # `process` refuses before it starts this

FAILED_TO_START = 127


def _start(command: list[str], report: int) -> int:
    """Fork and execute the command in a process group of its own; returns its process id."""
    pid = os.fork()
    if pid:
        try:  # noqa: SIM105 - contextlib would cost memory
            os.setpgid(pid, pid)
        except OSError:  # the child was faster: it has executed already
            pass
        return pid
    try:
        os.setpgid(0, 0)
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        os.write(report, f"pid {os.getpid()}\nstart {monotonic()!r}\n".encode())
        os.execvp(command[0], command)  # noqa: S606
    except OSError as error:
        os.write(report, f"error {error.errno}\n".encode())
    os._exit(FAILED_TO_START)


def _kill_group(pid: int) -> None:
    """Kill the command and what it left running in its group."""
    try:  # noqa: SIM105 - contextlib would cost memory
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def main() -> None:
    """Run the command of the arguments and write the report."""
    inherited, command = [int(number) for number in sys.argv[1].split(",")], sys.argv[2:]
    for descriptor in inherited:
        os.set_inheritable(descriptor, False)
    control, report = inherited[:2]
    ended, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    pid = _start(command, report)
    while True:
        ready, _, _ = select.select([control, ended], [], [])
        end = monotonic()
        if control in ready:
            _kill_group(pid)
            os.waitpid(pid, 0)
            return
        os.read(ended, 512)
        waited, status, usage = os.wait4(pid, os.WNOHANG)
        if waited:
            break
    _kill_group(pid)
    facts = {
        "end": repr(end),
        "code": os.waitstatus_to_exitcode(status),
        "user": repr(usage.ru_utime),
        "system": repr(usage.ru_stime),
        "peak": usage.ru_maxrss,
        "preempted": usage.ru_nivcsw,
    }
    os.write(report, "".join(f"{name} {value}\n" for name, value in facts.items()).encode())


if __name__ == "__main__":
    main()

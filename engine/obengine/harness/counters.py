"""Processor counters around a piece of work, by Linux's perf_event_open.

Source: perf_event_open(2). Only user-mode work of this thread is counted, which needs no privilege if
`perf_event_paranoid` is at most 2. Virtual machines often have no hardware counters.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

_SYSCALLS: Final = MappingProxyType({"x86_64": 298, "aarch64": 241, "riscv64": 241})
_HARDWARE, _SOFTWARE = 0, 1
COUNTERS: Final = MappingProxyType(
    {
        "cycles": (_HARDWARE, 0),
        "instructions": (_HARDWARE, 1),
        "cache-misses": (_HARDWARE, 3),
        "branches": (_HARDWARE, 4),
        "branch-misses": (_HARDWARE, 5),
        "task-clock-ns": (_SOFTWARE, 1),
        "page-faults": (_SOFTWARE, 2),
    }
)
"""Name to type and number, as in linux/perf_event.h."""

_ATTRIBUTES: Final = struct.Struct("<IIQQQQQ72x")
_USER_ONLY_AT_FIRST_OFF: Final = 1 | 1 << 5 | 1 << 6
_WITH_TIMES: Final = 1 | 2
_ENABLE, _DISABLE = 0x2400, 0x2401
_VALUE: Final = struct.Struct("<QQQ")


@dataclass(frozen=True, slots=True)
class CounterReadings:
    """Counter values, and the reason for each absent counter.

    A counter that was multiplexed with others is scaled to the whole time.
    """

    values: Mapping[str, int]
    absent: Mapping[str, str]


def count(work: Callable[[], object]) -> CounterReadings:
    """Run `work` once with all available counters; exceptions of `work` are propagated."""
    number = _SYSCALLS.get(platform.machine())
    if sys.platform != "linux" or number is None:
        reason = f"no counters on {sys.platform} {platform.machine()}"
        work()
        return CounterReadings({}, dict.fromkeys(COUNTERS, reason))
    libc = ctypes.CDLL(None, use_errno=True)
    opened: dict[str, int] = {}
    absent: dict[str, str] = {}
    try:
        for name, (kind, config) in COUNTERS.items():
            place = _open(libc, number, kind, config)
            if place < 0:
                absent[name] = os.strerror(ctypes.get_errno())
            else:
                opened[name] = place
        for place in opened.values():
            libc.ioctl(place, _ENABLE, 0)
        try:
            work()
        finally:
            for place in opened.values():
                libc.ioctl(place, _DISABLE, 0)
        values = {
            name: _scaled(*_VALUE.unpack(os.read(place, _VALUE.size))) for name, place in opened.items()
        }
        return CounterReadings(values, absent)
    finally:
        for place in opened.values():
            os.close(place)


def _open(libc: ctypes.CDLL, number: int, kind: int, config: int) -> int:
    size = _ATTRIBUTES.size
    attributes = _ATTRIBUTES.pack(kind, size, config, 0, 0, _WITH_TIMES, _USER_ONLY_AT_FIRST_OFF)
    this_thread, any_cpu, no_group, close_on_exec = 0, -1, -1, 8
    words = (number, attributes, this_thread, any_cpu, no_group, close_on_exec)
    return int(libc.syscall(*words))


def _scaled(value: int, enabled_ns: int, running_ns: int) -> int:
    return value if running_ns in {0, enabled_ns} else value * enabled_ns // running_ns

"""An open loop: each message is applied at its intended arrival time, or as soon as possible after it.

The generator does not wait for the core: a slow message delays those behind it, which increases their
*response time* (from the intended arrival to the end) but not their *service time* (from the start of the
work to the end). A loop that sends the next message only after the previous one has finished would omit
the waiting time (G. Tene's "coordinated omission").

One thread does both: it spins on the clock until the intended time, then applies the message. A sleep would
wake up tens of microseconds late, and a second thread would compete for the GIL. The start is late by up to
one iteration of the loop (about 0.2 microseconds), which counts as response time. The overhead of the loop
between two messages, about 0.3 microseconds, lowers the sustainable rate; `saturated` measures the same loop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import EVENT, Commands, Events
from obengine.api.protocol import Snapshot
from obengine.harness.arrivals import Times
from obengine.harness.clock import now_ns
from obengine.harness.measure import MakeBook, collector_paused

Nanos = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class OpenLoop:
    """The results of an open loop, one entry per message.

    Attributes:
        service_ns: from the start of the work to its end.
        response_ns: from the intended arrival to the end of the work.
        wall_ns: from the start of the loop to the end of the last message.
        events: all events, joined.
        event_ends: the number of events after each message.
        snapshot: the book at the end.
    """

    service_ns: Nanos
    response_ns: Nanos
    wall_ns: int
    events: Events
    event_ends: NDArray[np.int64]
    snapshot: Snapshot


def open_loop(commands: Commands, make: MakeBook, times_ns: Times) -> OpenLoop:
    """Apply each command to a new book at its intended time, in order, without skipping any.

    Raises:
        ValueError: different numbers of commands and times.
    """
    if commands.size != times_ns.size:
        raise ValueError(f"{commands.size} commands and {times_ns.size} arrival times")
    total = commands.size
    ends_ns: list[int] = [0] * total
    service_ns: list[int] = [0] * total
    given: list[Events] = []
    book = make()
    keep, apply, clock = given.append, book.apply, now_ns
    singles = [commands[at : at + 1] for at in range(total)]
    with collector_paused():
        origin = clock()
        intended_ns = (times_ns + origin).tolist()
        for at, one in enumerate(singles):
            due = intended_ns[at]
            start = clock()
            while start < due:
                start = clock()
            events = apply(one)
            end = clock()
            keep(events)
            ends_ns[at] = end
            service_ns[at] = end - start
    finished = np.array(ends_ns, dtype=np.int64) - origin
    return OpenLoop(
        service_ns=np.array(service_ns, dtype=np.int64),
        response_ns=finished - times_ns,
        wall_ns=int(finished[-1]) if total else 0,
        events=np.frombuffer(b"".join(each.data for each in given), EVENT),
        event_ends=np.cumsum([each.size for each in given], dtype=np.int64),
        snapshot=book.snapshot(),
    )


def saturated(commands: Commands, make: MakeBook) -> OpenLoop:
    """The same loop with all messages due at once, which gives the maximum sustainable rate."""
    return open_loop(commands, make, np.zeros(commands.size, dtype=np.int64))


def modelled_response_ns(times_ns: Times, service_ns: Nanos) -> Nanos:
    """Response times of a first-in first-out server with these service times (D. V. Lindley, 1952).

    A message ends its service time after its arrival or after the end of the previous one, whichever is
    later:
    `end[i] = S[i] + max over j <= i of (arrival[j] - S[j - 1])`, where S is the running sum.
    """
    running = np.cumsum(service_ns)
    ends = running + np.maximum.accumulate(times_ns - (running - service_ns))
    response: Nanos = ends - times_ns
    return response


def rate_msg_s(messages: int, wall_ns: int) -> int:
    """Messages per second, rounded down."""
    return messages * 1_000_000_000 // max(wall_ns, 1)

"""What can go wrong between a client and GitHub, arranged by a test before it happens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Fault:
    """The next `times` requests that match are answered wrongly.

    Attributes:
        method, path: what it applies to; `path` is a pattern that must be found in the path.
        status: answered in place of the true status; 0 keeps the true reply.
        done: whether the request is carried out before the wrong answer.
        headers, body: of the wrong answer.
        reset_at: reset the connection after this many bytes of the request's body were read.
        starter: leave an empty asset in the state `starter`, as a 502 can.
        cut: send only half of the true reply's body, and close.
        hang: read the request and say nothing until the server ends.
        drip: send the reply at one byte a tick of 0.05 s.
        stale: answer a list as it was before the last change.
    """

    method: str
    path: str
    status: int = 0
    done: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    reset_at: int | None = None
    starter: bool = False
    cut: bool = False
    hang: bool = False
    drip: bool = False
    stale: bool = False
    times: int = 1

    def matches(self, method: str, path: str) -> bool:
        return self.times > 0 and method == self.method and re.search(self.path, path) is not None

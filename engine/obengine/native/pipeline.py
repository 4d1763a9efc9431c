"""Wire records by the compiled core: to commands, or through two threads to the digest of their events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from obengine._native import pipeline_handoff_ns, run_pipeline, wire_commands
from obengine.api.messages import COMMAND, Commands

Wire = NDArray[np.void]


@dataclass(frozen=True, slots=True)
class PipelineResult:
    """What a pipeline did.

    Attributes:
        events, events_digest: what came out, and its sha256.
        decode_ns, match_ns: busy times of the first thread's two parts.
        digest_ns: busy time of the calling thread.
        batch_ns: of each batch, from being taken up to its events being there for the calling thread.
    """

    events: int
    events_digest: str
    decode_ns: int
    match_ns: int
    digest_ns: int
    batch_ns: NDArray[np.int64]


def wire_to_commands(wire: Wire) -> Commands:
    """The commands of big-endian records."""
    return wire_commands(wire.view(np.uint8)).view(COMMAND)


def run_native_pipeline(wire: Wire, symbols: int, batch: int) -> PipelineResult:
    """Decode and match on another thread, and digest the events of each batch on this one.

    Neither thread holds the interpreter lock while it decodes, matches or waits, and the hashing library
    gives it up for all but small batches.

    Raises:
        MemoryError: there is no room for the events.
    """
    events, digest, decode_ns, match_ns, digest_ns, batches = run_pipeline(
        wire.view(np.uint8), symbols, batch
    )
    return PipelineResult(events, digest, decode_ns, match_ns, digest_ns, batches.view(np.int64))


def handoff_ns(batches: int) -> int:
    """Nanoseconds to hand so many empty batches from thread to thread."""
    return pipeline_handoff_ns(batches)

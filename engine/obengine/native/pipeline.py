"""Native pipeline: big-endian wire records to commands, or with two threads to the digest of their events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from obengine._native import pipeline_handoff_ns, run_pipeline, wire_commands
from obengine.api.messages import COMMAND, Commands

Wire = NDArray[np.void]


@dataclass(frozen=True, slots=True)
class PipelineResult:
    """The results of a pipeline run.

    Attributes:
        events, events_digest: number of events, and their sha256.
        decode_ns, match_ns: busy times of the first thread.
        digest_ns: busy time of the calling thread.
        batch_ns: for each batch, from the start of decoding until the calling thread has its events.
    """

    events: int
    events_digest: str
    decode_ns: int
    match_ns: int
    digest_ns: int
    batch_ns: NDArray[np.int64]


def wire_to_commands(wire: Wire) -> Commands:
    """Convert big-endian records to commands."""
    return wire_commands(wire.view(np.uint8)).view(COMMAND)


def run_native_pipeline(wire: Wire, symbols: int, batch: int) -> PipelineResult:
    """Decode and match on another thread; digest the events of each batch on this one.

    No thread holds the GIL while it decodes, matches or waits; the hashing library releases it for all but
    small batches.

    Raises:
        MemoryError: not enough memory for the events.
    """
    events, digest, decode_ns, match_ns, digest_ns, batches = run_pipeline(
        wire.view(np.uint8), symbols, batch
    )
    return PipelineResult(events, digest, decode_ns, match_ns, digest_ns, batches.view(np.int64))


def handoff_ns(batches: int) -> int:
    """Nanoseconds to pass `batches` empty batches between two threads."""
    return pipeline_handoff_ns(batches)

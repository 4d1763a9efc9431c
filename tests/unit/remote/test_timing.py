"""How long a registry may make a command wait."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from obrelease.errors import RemoteError
from obrelease.remote.oci.credential_sources import CredentialSources
from obrelease.remote.oci.place import parse_place
from obrelease.remote.oci.timing import OciTiming, requested_wait_s
from obrelease.remote.oci.transport import NoClearAnswer, RegistryRejected, Request, Transport
from tests.oci_registry.stub import Reply, StubRegistry

DATE = "Sun, 01 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("status", "headers", "waits", "seconds"),
    [
        (429, {"retry-after": "7"}, 0, 7.0),
        (503, {"retry-after": "7"}, 3, 7.0),
        (429, {"retry-after": "0"}, 0, 1.0),
        (429, {"retry-after": "Sun, 01 Nov 2026 10:00:30 GMT", "date": DATE}, 0, 31.0),
        (429, {"retry-after": "soon"}, 0, 60.0),
        (429, {}, 0, 5.0),
        (429, {}, 2, 20.0),
        (503, {}, 0, None),
        (403, {"retry-after": "7"}, 0, None),
        (200, {}, 0, None),
    ],
)
def test_requested_waits(status: int, headers: dict[str, str], waits: int, seconds: float | None) -> None:
    assert requested_wait_s(status, headers, waits) == seconds


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[StubRegistry]:
    monkeypatch.setenv("NO_PROXY", "*")
    server = StubRegistry()
    server.start()
    yield server
    server.stop()


def sent(stub: StubRegistry, waits: list[float], replies: list[Reply]) -> int:
    """The status in the end, after the replies in their order."""
    stub.lie(".", lambda _: replies.pop(0) if replies else None)
    timing = OciTiming(wait=waits.append)
    transport = Transport(parse_place(stub.place()), CredentialSources(), writes=False, timing=timing)
    url = f"http://{stub.host}/v2/"
    try:
        return transport.send(Request("GET", url, "look-up")).status
    finally:
        transport.close()


def test_a_rate_limit_is_waited_for_and_does_not_count_as_a_failure(stub: StubRegistry) -> None:
    waits: list[float] = []
    limited = [Reply(429, headers={"Retry-After": "30"}) for _ in range(6)]
    assert sent(stub, waits, limited) == 200
    assert waits == [30.0] * 6


def test_failures_are_repeated_a_few_times(stub: StubRegistry) -> None:
    waits: list[float] = []
    assert sent(stub, waits, [Reply(500), Reply(502), Reply(504)]) == 200
    assert waits == [0.5, 1.0, 2.0]
    with pytest.raises(NoClearAnswer, match="look-up: status 500"):
        sent(stub, [], [Reply(500)] * 4)


def test_a_refusal_is_not_repeated(stub: StubRegistry) -> None:
    waits: list[float] = []
    with pytest.raises(RegistryRejected, match="status 405"):
        sent(stub, waits, [Reply(405)])
    assert waits == []


def test_the_sum_of_all_waits_has_an_end(stub: StubRegistry, tmp_path: Path) -> None:
    waits: list[float] = []
    with pytest.raises(RemoteError, match="longer than this command may wait"):
        sent(stub, waits, [Reply(429, headers={"Retry-After": "400"})] * 5)
    assert sum(waits) <= 900

"""A registry that lies in forty ways: no wrong or half run is recorded, and no lie costs more than it may.

Each case changes what the registry answers after a truthful push. `REFUSED` means that the pull must fail
and record nothing; `HARMLESS` that it must give the true run all the same.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from obrelease.api import shared_connection
from obrelease.api.shared_registry import list_remote_runs
from obrelease.errors import IntegrityError, InvalidInput, NotFound, ObreleaseError, RemoteError
from obrelease.registry.check_folder import check_folder
from obrelease.registry.shared.catalogue_page import PAGE_MEDIA_TYPE
from obrelease.remote.oci.timing import OciTiming
from obrelease.storage.hashing import digest_bytes
from obrelease.storage.limits import Limits, input_budget
from tests.oci_registry.machines import Machine, tree_bytes
from tests.oci_registry.stub import INDEX, Lie, Reply, StubRegistry

BLOB, ENVELOPE = r"^GET /v2/.*/blobs/", r"^GET /v2/.*/blobs/sha256:{run}"
MANIFEST, TAGS = r"^(GET|HEAD) /v2/.*/manifests/", r"^GET /v2/.*/tags/"
REFUSED = (IntegrityError, InvalidInput, NotFound, RemoteError)
FAR = "http://registry.example.com/v2/x"
BUDGET = Limits(downloaded_bytes=64 * 2**20)


def body(change: Callable[[bytes], bytes]) -> Lie:
    return lambda reply: replace(reply, body=change(reply.body)) if reply.status < 300 else None


def headers(**found: str) -> Lie:
    named = {name.replace("_", "-"): value for name, value in found.items()}
    return lambda reply: replace(reply, headers=reply.headers | named)


def status(code: int, **found: str) -> Lie:
    return lambda _: Reply(code, headers={name.replace("_", "-"): value for name, value in found.items()})


def document(**changes: object) -> Lie:
    """Changes keys of a JSON answer."""
    return body(lambda data: json.dumps({**json.loads(data or b"{}"), **changes}).encode())


@dataclass(frozen=True)
class Case:
    """One lie.

    Attributes:
        pattern: of the requests that it changes.
        refused: whether the pull must fail.
    """

    name: str
    pattern: str
    lie: Lie
    refused: bool = True


CASES = (
    Case("changed byte", BLOB, body(lambda data: bytes([data[0] ^ 1]) + data[1:] if data else b"x")),
    Case("changed last byte", BLOB, body(lambda data: data[:-1] + b"?")),
    Case("changed envelope", ENVELOPE, body(lambda data: data.replace(b"baseline", b"base1ine"))),
    Case("another run's envelope", ENVELOPE, body(lambda _: b'{"format":"obrelease.artefact"}')),
    Case("short blob", BLOB, body(lambda data: data[:-1])),
    Case("empty blob", BLOB, body(lambda _: b"")),
    Case("long blob", BLOB, body(lambda data: data + b"\0")),
    Case("endless blob", BLOB, lambda reply: replace(reply, endless=True)),
    Case("endless after the right bytes", ENVELOPE, lambda reply: replace(reply, endless=True)),
    Case("broken off", BLOB, lambda reply: replace(reply, cut_at=4)),
    Case("always broken off at the start", BLOB, lambda reply: replace(reply, cut_at=0)),
    Case("blob of zeros", BLOB, body(lambda data: bytes(len(data)))),
    Case("announced too long", BLOB, headers(Content_Length="99999999")),
    Case("announced too short", BLOB, headers(Content_Length="3")),
    Case("announced as no number", BLOB, headers(Content_Length="many"), refused=False),
    Case("blob as an error page", BLOB, lambda _: Reply(200, b"<html>sign in</html>")),
    Case("blob compressed on the way", BLOB, headers(Content_Encoding="gzip"), refused=False),
    Case("digest header lies", BLOB, headers(Docker_Content_Digest=f"sha256:{'0' * 64}"), refused=False),
    Case("other media type", BLOB, headers(Content_Type="text/html"), refused=False),
    Case("blob is gone", BLOB, status(404)),
    Case("file is gone", r"^GET /v2/.*/blobs/sha256:{file}", status(404)),
    Case("not for you", BLOB, status(403)),
    Case("always failing", BLOB, status(500)),
    Case("wait for a year", BLOB, status(429, Retry_After="31536000")),
    Case("wait until the year 9999", BLOB, status(503, Retry_After="Fri, 31 Dec 9999 23:59:59 GMT")),
    Case("redirect to another host by http", BLOB, status(307, Location=FAR)),
    Case("redirect to a file", BLOB, status(307, Location="file:///etc/passwd")),
    Case("redirect with a password", BLOB, status(307, Location="http://u:p@127.0.0.1/x")),
    Case("redirect to itself", BLOB, status(302, Location="")),
    Case("redirect to nothing readable", BLOB, status(302, Location="http://[::1")),
    Case("no content", BLOB, status(204)),
    Case("partial from elsewhere", BLOB, lambda reply: replace(reply, status=206, body=reply.body[1:])),
    Case("moved tag", MANIFEST, headers(Docker_Content_Digest=f"sha256:{'1' * 64}"), refused=False),
    Case("swapped manifest", MANIFEST, document(layers=[]), refused=False),
    Case(
        "manifest of wrong sizes", MANIFEST, body(lambda data: data.replace(b'"size":', b'"size":9')), False
    ),
    Case("manifest of another type", MANIFEST, headers(Content_Type=INDEX), refused=False),
    Case("tags hide the run", TAGS, document(tags=[]), refused=False),
    Case("tags name a run that is not there", TAGS, document(tags=["e" * 64]), refused=False),
    Case("tags are no texts", TAGS, document(tags=[1, None, {}, "../../x"]), refused=False),
    Case("tags without end", TAGS, headers(Link='<tags/list?n=1>; rel="next"'), refused=False),
)


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StubRegistry]:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NO_PROXY", "*")
    quick = partial(OciTiming, response_deadline_s=5.0, attempts=3, wait=lambda _: None)
    monkeypatch.setattr(shared_connection, "OciTiming", quick)
    server = StubRegistry()
    server.start()
    yield server
    server.stop()


def test_there_are_forty_lies() -> None:
    assert len(CASES) == len({case.name for case in CASES}) == 40


def every_third(cases: tuple[Case, ...]) -> list[object]:
    """All cases; two of three are for the nightly run."""
    nightly = pytest.mark.nightly
    return [
        pytest.param(case, id=case.name.replace(" ", "-"), marks=[nightly] if number % 3 else [])
        for number, case in enumerate(cases)
    ]


@pytest.mark.parametrize("case", every_third(CASES))
def test_no_lie_is_recorded(tmp_path: Path, stub: StubRegistry, case: Case) -> None:
    one, other = Machine(tmp_path / "one", stub.place()), Machine(tmp_path / "other", stub.place())
    (entry,) = one.record(1)
    one.push()
    file = one.store.load(entry).files[0].sha256
    stub.lie(case.pattern.replace("{run}", entry.digest).replace("{file}", file), case.lie)
    stub.seen.clear()
    with input_budget(BUDGET):
        if case.refused:
            with pytest.raises(REFUSED) as caught:
                other.pull(entry.digest)
            assert stub.host in caught.value.message
            assert tree_bytes(other.results) == {}
        else:
            other.pull(entry.digest)
            assert tree_bytes(other.results) == tree_bytes(one.results)
            survive(one, other)
    for run in other.store.find():
        assert check_folder(run.folder).problems == ()
    assert not list(other.results.glob(".staging/*"))
    assert len(stub.seen) < 60


def survive(one: Machine, other: Machine) -> None:
    """What asks for tags and manifests ends, with an answer or an error of ours."""
    for act in (one.push, lambda: list_remote_runs(one.place), other.sync):
        with suppress(ObreleaseError):
            act()


def test_a_moved_tag_is_put_back_with_a_warning(tmp_path: Path, stub: StubRegistry) -> None:
    one = Machine(tmp_path / "one", stub.place())
    first, second = one.record(1, 2)
    one.push()
    true_manifest = stub.tagged[first.digest]
    stub.tagged[first.digest] = stub.tagged[second.digest]
    report = one.push()
    assert [entry.digest for entry in report.pushed] == [first.digest]
    assert first.digest in report.warnings[0]
    assert stub.tagged[first.digest] == true_manifest
    assert one.push().warnings == ()


def add_page(stub: StubRegistry, shard: str, data: bytes) -> None:
    digest = digest_bytes(data)
    stub.blobs[f"sha256:{digest}"] = data
    stub.tagged[f"catalogue.{shard}.{digest}"] = "sha256:" + "0" * 64


FORMAT = b"obrelease.catalogue-page"
PAGES: tuple[tuple[str, bytes], ...] = (
    ("no JSON", b"{"),
    ("a list", b"[]"),
    ("another format", b'{"format":"x"}'),
    ("a newer version", b'{"format":"%b","version":2}' % FORMAT),
    (
        "rows are no rows",
        b'{"format":"obrelease.catalogue-page","replaces":[],"rows":[1,null,{}],"version":1}',
    ),
    ("deep", b"[" * 100_000),
)


@pytest.mark.parametrize(("name", "data"), PAGES, ids=[name for name, _ in PAGES])
def test_a_page_that_lies_hides_no_run(tmp_path: Path, stub: StubRegistry, name: str, data: bytes) -> None:
    one = Machine(tmp_path / "one", stub.place())
    one.record(1, 2)
    one.push()
    shard = next(tag for tag in stub.tagged if tag.startswith("catalogue.")).split(".")[1]
    add_page(stub, shard, data)
    found = list_remote_runs(one.place)
    assert len(found.listing.runs) == 2
    assert len(found.unreadable) == (name != "rows are no rows")


def test_a_page_that_claims_to_replace_all_others_hides_no_run(tmp_path: Path, stub: StubRegistry) -> None:
    one = Machine(tmp_path / "one", stub.place())
    entries = one.record(1, 2)
    one.push()
    _, shard, digest = next(tag for tag in stub.tagged if tag.startswith("catalogue.")).split(".")
    lie = {"format": "obrelease.catalogue-page", "replaces": [digest], "rows": [], "version": 1}
    add_page(stub, shard, json.dumps(lie, separators=(",", ":")).encode())
    found = list_remote_runs(one.place)
    assert {run.entry.digest for run in found.listing.runs} == {entry.digest for entry in entries}
    assert PAGE_MEDIA_TYPE.encode() in stub.manifests[stub.tagged[f"catalogue.{shard}.{digest}"]][0]


def test_a_page_names_no_other_kind_of_run_than_it_is(tmp_path: Path, stub: StubRegistry) -> None:
    """A filter chooses by the catalogue; the pulled run itself is what its digest names."""
    one, other = Machine(tmp_path / "one", stub.place()), Machine(tmp_path / "other", stub.place())
    (entry,) = one.record(1)
    one.push()
    _, shard, digest = next(tag for tag in stub.tagged if tag.startswith("catalogue.")).split(".")
    page = json.loads(stub.blobs[f"sha256:{digest}"])
    page["rows"][0]["run"]["core"] = "native"
    add_page(stub, shard, json.dumps(page, separators=(",", ":"), sort_keys=True).encode())
    del stub.tagged[f"catalogue.{shard}.{digest}"]
    with pytest.raises(IntegrityError, match="is not what the catalogue says"):
        other.pull("core=native")
    assert [run.entry.core for run in list_remote_runs(one.place).listing.runs] == ["native"]
    assert other.store.find() == () or other.store.find()[0].core == "reference"
    assert entry.core == "reference"


def test_a_registry_that_answers_byte_by_byte_is_left(
    tmp_path: Path, stub: StubRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        shared_connection, "OciTiming", partial(OciTiming, response_deadline_s=0.2, attempts=1)
    )
    one = Machine(tmp_path / "one", stub.place())
    one.record(1)

    def slow(reply: Reply) -> Reply:
        time.sleep(1.0)
        return reply

    stub.lie(TAGS, slow)
    with pytest.raises(RemoteError, match=r"no complete response|Timeout"):
        one.push()

"""Rate limits, deadlines, long lists, rivals, foreign hosts, and a token that is never shown."""

from __future__ import annotations

import json
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from obrelease.errors import Conflict, IntegrityError, ObreleaseError, RemoteError
from tests.conformance.whole_way import (
    ASSETS,
    CONTENT,
    CREATE,
    DELETE,
    NEW,
    PUBLISH,
    RELEASES,
    UPLOAD,
    assert_whole,
    silent,
    upload,
    whole_way,
)
from tests.loopback_github.contract import EMULATOR
from tests.loopback_github.running import REPOSITORY, forge_at, quick_timing
from tests.loopback_github.server import TOKEN, LoopbackGitHub


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize("step", [CREATE, UPLOAD, PUBLISH, RELEASES], ids=str)
def test_retry_after_is_honoured(
    github: LoopbackGitHub, source: Path, step: tuple[str, str], status: int
) -> None:
    waits: list[float] = []
    limit = json.dumps({"message": "You have exceeded a secondary rate limit"}).encode()
    github.fault(*step, status=status, body=limit, headers={"Retry-After": "17"}, times=2)
    whole_way(forge_at(github, quick_timing(waits)), source)
    assert waits == [17.0, 17.0]
    assert_whole(github)


def test_a_limit_without_a_time_waits_a_minute_and_then_longer(github: LoopbackGitHub, source: Path) -> None:
    waits: list[float] = []
    limit = json.dumps({"message": "You have exceeded a secondary rate limit"}).encode()
    github.fault(*CREATE, status=403, body=limit, times=3)
    whole_way(forge_at(github, quick_timing(waits)), source)
    assert waits == [60.0, 120.0, 240.0]
    assert github.count(*CREATE) == 4


def test_an_endless_limit_stops_and_a_later_run_continues(github: LoopbackGitHub, source: Path) -> None:
    waits: list[float] = []
    github.fault(*UPLOAD, status=429, headers={"Retry-After": "400"}, times=3)
    with pytest.raises(RemoteError, match="longer than this run may wait") as caught:
        whole_way(forge_at(github, quick_timing(waits)), source)
    assert caught.value.hint is not None
    assert "continues where it stopped" in caught.value.hint
    assert waits == [400.0, 400.0]
    whole_way(forge_at(github), source)
    assert_whole(github)


def test_a_plain_refusal_is_not_waited_for(github: LoopbackGitHub, source: Path) -> None:
    waits: list[float] = []
    github.fault(*CREATE, status=403, body=b'{"message": "Resource not accessible by integration"}')
    with pytest.raises(RemoteError, match="not accessible") as caught:
        whole_way(forge_at(github, quick_timing(waits)), source)
    assert (waits, github.count(*CREATE)) == ([], 1)
    assert caught.value.hint


@pytest.mark.parametrize("step", [CREATE, UPLOAD, PUBLISH, RELEASES, ASSETS], ids=str)
@pytest.mark.parametrize("kind", ["hang", "drip"])
def test_the_deadline_holds(github: LoopbackGitHub, source: Path, step: tuple[str, str], kind: str) -> None:
    fault = github.fault(*step, hang=kind == "hang", drip=kind == "drip")
    timing = quick_timing(response_deadline_s=0.4, min_bytes_per_s=1e9)
    with suppress(RemoteError):
        whole_way(forge_at(github, timing), source)
    assert fault.times == 0
    whole_way(forge_at(github), source)
    assert_whole(github)


def test_two_drafts_of_a_tag_stop_everything(github: LoopbackGitHub, source: Path) -> None:
    forge = forge_at(github)
    draft = forge.create_draft(NEW)
    github.repository.create({"tag_name": NEW.tag, "draft": True})
    with pytest.raises(Conflict, match="2 releases"):
        forge.find(NEW.tag)
    with pytest.raises(Conflict, match="2 releases"):
        forge.create_draft(NEW)
    with pytest.raises(Conflict, match="not the only release"):
        forge.publish(draft)
    assert len(github.repository.releases) == 2


def test_of_two_publishers_the_later_takes_its_draft_back(github: LoopbackGitHub) -> None:
    first = forge_at(github).create_draft(NEW)
    github.fault(*RELEASES, stale=True)
    with pytest.raises(Conflict, match="another publisher was faster"):
        forge_at(github).create_draft(NEW)
    assert list(github.repository.releases) == [int(first.id)]


def test_a_draft_hidden_behind_a_hundred_releases_is_found(github: LoopbackGitHub) -> None:
    draft = forge_at(github).create_draft(NEW)
    for number in range(250):
        github.repository.create({"tag_name": f"v0.0.{number}", "draft": False})
    assert forge_at(github).find(NEW.tag) == draft


def test_three_hundred_assets_are_all_seen(github: LoopbackGitHub) -> None:
    draft = forge_at(github).create_draft(NEW)
    stored = github.repository.releases[int(draft.id)]
    for number in range(300):
        github.repository.store(stored, f"a{number:03}", b"x", "x/y")
    found = forge_at(github).find(NEW.tag)
    assert found is not None
    assert [asset.name for asset in found.assets] == [f"a{number:03}" for number in range(300)]


def test_repeated_list_pages_bring_no_entry_twice_and_end(github: LoopbackGitHub) -> None:
    for number in range(100):
        github.repository.create({"tag_name": f"v0.0.{number}", "draft": False})
    page = json.dumps(
        [github.repository.release_document(r, "localhost") for r in github.repository.releases.values()]
    ).encode()
    github.fault(*RELEASES, status=200, body=page, times=2)
    assert forge_at(github).find("v0.0.7") is not None
    github.fault(*RELEASES, status=200, body=page, times=100)
    with pytest.raises(RemoteError, match="does not end"):
        forge_at(github).find("v0.0.7")


def test_a_lost_deletion_is_looked_after(github: LoopbackGitHub) -> None:
    forge = forge_at(github)
    draft = forge.create_draft(NEW)
    github.fault(*DELETE, status=502, done=True)
    forge.delete_draft(draft)
    assert github.repository.releases == {}


def test_a_download_survives_a_cut(github: LoopbackGitHub, source: Path, tmp_path: Path) -> None:
    forge = forge_at(github)
    draft = forge.create_draft(NEW)
    asset = upload(forge, draft, source)
    progress: list[int] = []
    github.fault("GET", "/signed/", cut=True)
    github.fault("GET", r"/assets/\d+$", status=502)
    forge.download(draft, asset, tmp_path / "copy", progress.append)
    assert (tmp_path / "copy").read_bytes() == CONTENT
    assert sum(progress) == len(CONTENT)


def test_a_download_is_refused_where_its_digest_is_wrong(
    github: LoopbackGitHub, source: Path, tmp_path: Path
) -> None:
    forge = forge_at(github)
    draft = forge.create_draft(NEW)
    asset = upload(forge, draft, source)
    github.repository.releases[int(draft.id)].assets[0].content = b"X" + CONTENT[1:]
    with pytest.raises(IntegrityError, match="expected"):
        forge.download(draft, asset, tmp_path / "copy", silent)
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize(
    "location", ["ftp://localhost/x", "https://localhost:1/x", "file:///etc/hostname", ""]
)
def test_a_download_redirect_elsewhere_gives_nothing(
    github: LoopbackGitHub, source: Path, tmp_path: Path, location: str
) -> None:
    forge = forge_at(github)
    draft = forge.create_draft(NEW)
    asset = upload(forge, draft, source)
    github.fault("GET", r"/assets/\d+$", status=302, headers={"Location": location}, times=99)
    with pytest.raises(RemoteError):
        forge.download(draft, asset, tmp_path / "copy", silent)
    assert not (tmp_path / "copy").exists()


def test_an_upload_address_on_a_foreign_host_gets_nothing(github: LoopbackGitHub, source: Path) -> None:
    forge = forge_at(github)
    draft = forge.create_draft(NEW)
    github.repository.uploads = github.repository.uploads.replace("uploads.localhost", "127.0.0.1")
    with pytest.raises(RemoteError):
        upload(forge, draft, source)
    assert github.count(*UPLOAD) == 0


def test_the_recorded_conflict_of_an_upload_is_reconciled(github: LoopbackGitHub, source: Path) -> None:
    recorded = EMULATOR / "node_modules/@octokit/fixtures/scenarios/api.github.com/release-assets-conflict"
    exchanges: list[dict[str, Any]] = json.loads((recorded / "normalized-fixture.json").read_text("utf-8"))
    (conflict,) = [exchange for exchange in exchanges if exchange["status"] == 422]
    body = json.dumps(conflict["response"]).encode()
    github.fault(*UPLOAD, status=422, body=body, done=True)
    whole_way(forge_at(github), source)
    assert_whole(github)
    assert github.count(*UPLOAD) == 1


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"full_name": "octocat/renamed"}, "is now called octocat/renamed"),
        ({"archived": True}, "archived"),
        ({"disabled": True}, "disabled"),
    ],
)
def test_preflight_reports_why_nothing_can_be_released(
    github: LoopbackGitHub, changed: dict[str, Any], message: str
) -> None:
    body = json.dumps(github.repository.repository_document() | changed).encode()
    github.fault("GET", f"/repos/{REPOSITORY}$", status=200, body=body)
    with pytest.raises(RemoteError, match=message):
        forge_at(github).preflight()


FAILURES: tuple[dict[str, Any], ...] = (
    *(
        {"status": status, "body": f'{{"message": "no: {TOKEN}"}}'.encode()}
        for status in (400, 401, 403, 404, 422)
    ),
    *({"status": status, "body": f"<html>{TOKEN}".encode()} for status in (500, 502, 200, 302)),
    {"reset_at": 0},
)


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: "-".join(map(str, failure.values()))[:20])
@pytest.mark.parametrize("step", [CREATE, UPLOAD, PUBLISH, RELEASES], ids=str)
def test_the_token_is_in_no_message(
    github: LoopbackGitHub, source: Path, step: tuple[str, str], failure: dict[str, Any]
) -> None:
    github.fault(*step, times=50, **failure)
    forge = forge_at(github)

    with pytest.raises(ObreleaseError) as caught:
        whole_way(forge, source)
    shown = "".join(traceback.format_exception(caught.value)) + repr(forge) + str(caught.value.hint)
    assert TOKEN not in shown

"""The bytes of manifests of both versions: their digest names a release, so they never change unnoticed."""

from __future__ import annotations

import pytest

from obrelease.errors import InvalidInput
from obrelease.models.manifest import (
    BundleFile,
    BundleManifest,
    BundleMember,
    ReleaseAsset,
    ReleaseRun,
)
from obrelease.models.validation import document_bytes, read_document
from obrelease.storage.hashing import digest_bytes

VERSION_1 = (
    b'{"assets":[{"name":"bench-x-1.svg","sha256":"4444444444444444444444444444444444444444444444444444444444444444",'
    b'"size":4}],"bundle":{"name":"demo-v1.tar.gz",'
    b'"sha256":"1111111111111111111111111111111111111111111111111111111111111111","size":1,'
    b'"tar_sha256":"2222222222222222222222222222222222222222222222222222222222222222","tar_size":2},'
    b'"commit":"abababababababababababababababababababab","format":"obrelease.manifest",'
    b'"members":[{"path":"NOTES.md","sha256":"3333333333333333333333333333333333333333333333333333333333333333",'
    b'"size":3}],"prerelease":false,"project":"demo",'
    b'"runs":[{"digest":"5555555555555555555555555555555555555555555555555555555555555555","events_digest":null,'
    b'"kind":"bench","path":"results/bench/x/555555555555","scenario":"x"}],"tag":"v1","version":1}'
)
VERSION_1_DIGEST = "6e7f91d40c5455506bdc8bfd1b4a360759da48a05ae8e1a5a0825475aab6bf64"
VERSION_2_DIGEST = "f33e5de36367652b6d3c1465bf2604b44cf7d4173e7884f57d9a6b7f2ac88c7a"


def manifest(**changes: object) -> BundleManifest:
    facts = {
        "project": "demo",
        "tag": "v1",
        "commit": "ab" * 20,
        "prerelease": False,
        "runs": (
            ReleaseRun(digest="5" * 64, kind="bench", scenario="x", path="results/bench/x/555555555555"),
        ),
        "bundle": BundleFile(name="demo-v1.tar.gz", size=1, sha256="1" * 64, tar_size=2, tar_sha256="2" * 64),
        "members": (BundleMember(path="NOTES.md", size=3, sha256="3" * 64),),
        "assets": (ReleaseAsset(name="bench-x-1.svg", size=4, sha256="4" * 64),),
    }
    return BundleManifest.model_validate(facts | changes)


def test_version_1_is_read_and_its_bytes_are_what_names_the_release() -> None:
    assert digest_bytes(VERSION_1) == VERSION_1_DIGEST
    found = read_document(VERSION_1, BundleManifest, "manifest.json")
    assert found == manifest()
    assert found.attachments == ()


def test_a_new_manifest_has_these_bytes() -> None:
    attached = ReleaseAsset(name="demo-1.0-py3-none-any.whl", size=6, sha256="6" * 64)
    made = manifest(tag="pkg/v1", attachments=(attached,))
    data = document_bytes(made)
    assert digest_bytes(data) == VERSION_2_DIGEST
    assert read_document(data, BundleManifest, "manifest.json") == made
    assert [file.name for file in made.files] == ["demo-v1.tar.gz", "bench-x-1.svg", attached.name]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"tag":"v1"', b'"tag":"pkg/v1"'),
        (b'"assets":[', b'"attachments":[],"assets":['),
        (b'"version":1', b'"version":3'),
    ],
)
def test_what_version_1_did_not_know_is_refused_in_it(old: bytes, new: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_document(VERSION_1.replace(old, new), BundleManifest, "manifest.json")


def test_two_files_of_one_name_are_refused() -> None:
    twice = ReleaseAsset(name="DEMO-v1.tar.gz", size=6, sha256="6" * 64)
    with pytest.raises(ValueError, match="two files have one name"):
        manifest(attachments=(twice,))

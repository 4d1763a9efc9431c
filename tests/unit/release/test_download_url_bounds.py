"""What a download of a release takes: sizes are compared with the manifest first, and count in the budget."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from obrelease.bundle.asset_names import MANIFEST_NAME
from obrelease.errors import IntegrityError, InvalidInput
from obrelease.release.verify.download_url import Address, download_from_address
from obrelease.release.verify.tag_and_forge import download_release
from obrelease.remote.forge.protocol import Asset, Release
from obrelease.storage.limits import Limits, input_budget
from tests.faults.forged_release import forgeries_of, make_release_project


@contextmanager
def silent(_label: str, _total: int | None) -> Iterator[Any]:
    yield lambda _: None


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a true release."""
    folder = tmp_path_factory.mktemp("made")
    return next(forgeries_of(make_release_project(folder / "project"), folder)).seal(folder / "release")


def served(release: Path, asked: list[str]) -> Any:
    """Serves a release as a web server would."""

    def read(address: str, target: Path, limit: int, _advance: object) -> bool:
        name = address.rpartition("/")[2]
        asked.append(name)
        if not (release / name).is_file():
            return False
        assert (release / name).stat().st_size <= limit
        target.write_bytes((release / name).read_bytes())
        return True

    return read


def test_the_budget_is_checked_before_the_files_of_an_address_are_downloaded(
    release: Path, tmp_path: Path
) -> None:
    asked: list[str] = []
    address = Address("https://example.org/r", None)
    with input_budget(Limits(downloaded_bytes=1_000)), pytest.raises(InvalidInput, match="1,000 downloaded"):
        download_from_address(address, tmp_path, silent, served(release, asked))
    assert asked == ["SHA256SUMS", MANIFEST_NAME]


def test_each_file_of_an_address_has_the_limit_of_its_size(release: Path, tmp_path: Path) -> None:
    asked: list[str] = []
    download_from_address(Address("https://example.org/r", None), tmp_path, silent, served(release, asked))
    assert set(asked) >= {path.name for path in release.iterdir()}


class ListedForge:
    """A forge that has the files of a release, and lists them with sizes of its own."""

    name = "listed"

    def __init__(self, release: Path, sizes: dict[str, int]) -> None:
        self._release, self._sizes, self.asked = release, sizes, list[str]()

    def find(self, tag: str) -> Release:
        assets = tuple(
            Asset("1", path.name, self._sizes.get(path.name, path.stat().st_size), True, None)
            for path in sorted(self._release.iterdir())
        )
        return Release("1", tag, "", "", draft=False, prerelease=False, assets=assets, url="")

    def download(self, _release: Release, asset: Asset, target: Path, _advance: object) -> None:
        self.asked.append(asset.name)
        target.write_bytes((self._release / asset.name).read_bytes())


def bundle_of(release: Path) -> str:
    return next(path.name for path in release.iterdir() if path.name.endswith(".tar.gz"))


def test_a_size_that_the_manifest_does_not_have_stops_a_download_by_tag(
    release: Path, tmp_path: Path
) -> None:
    forge: Any = ListedForge(release, {bundle_of(release): 10**9})
    with pytest.raises(IntegrityError, match="has 1000000000 bytes, the manifest lists"):
        download_release(forge, "v0.9-beta", tmp_path, silent)
    assert forge.asked == [MANIFEST_NAME]


def test_the_sum_of_a_download_by_tag_is_checked_before_it_starts(release: Path, tmp_path: Path) -> None:
    forge: Any = ListedForge(release, {})
    limits = Limits(downloaded_bytes=1_000)
    with input_budget(limits), pytest.raises(InvalidInput, match="downloaded bytes for one command"):
        download_release(forge, "v0.9-beta", tmp_path, silent)
    assert forge.asked == [MANIFEST_NAME]

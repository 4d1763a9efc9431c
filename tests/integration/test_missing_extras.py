"""Without an extra, the command that needs it says which one to install, and nothing else happens."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

import pytest

from obrelease.api.sweep_dask import run_on_dask
from obrelease.cli.app import execute
from obrelease.errors import ExitCode, ObreleaseError, UsageError
from obrelease.installation import install_extra
from obrelease.models.release_policy import ReleasePolicy, SigstoreIdentity
from obrelease.registry.store import Registry
from obrelease.release.verify.sigstore_layer import sigstore_layer
from obrelease.site import assets, templating
from tests.drafts import draft
from tests.program import ROOT


def verify_with_sigstore() -> None:
    policy = ReleasePolicy(
        format="obrelease.release-policy",
        version=1,
        project="demo",
        require=("sigstore",),
        sigstore=(SigstoreIdentity(identity="somebody@example.org", issuer="https://example.org"),),
    )
    release = cast("Any", SimpleNamespace(digests={}))
    sigstore_layer(release, policy, Path(), [Path("bundle.json")])


def sweep_on_dask() -> None:
    nothing = cast("Any", None)
    run_on_dask("tcp://127.0.0.1:1", nothing, (), nothing, wait_s=0, progress=lambda: None)


NEEDED: Final[dict[str, tuple[tuple[str, str, str | Callable[[], None]], ...]]] = {
    "analytics": (
        ("duckdb", "exports and queries need DuckDB", "query SELECT"),
        ("duckdb", "exports and queries need DuckDB", "export --parquet out"),
    ),
    "archive": (("rocrate", "RO-Crates need the rocrate package", "crate latest --license MIT --to out"),),
    "market-data": (
        ("databento_dbn", "DBN files need databento-dbn", "run replay day.dbn"),
        ("py7zr", "a 7z archive needs py7zr", "run replay day.7z"),
    ),
    "sigstore": (("sigstore.errors", "the sigstore package cannot be loaded", verify_with_sigstore),),
    "site": (
        ("jinja2", "pages need Jinja", "site build --to out"),
        ("uplot-python", "pages need uPlot", "site build --to out"),
    ),
    "sweep": (("distributed", "a Dask cluster needs Dask", sweep_on_dask),),
}
"""For each extra: a module that is hidden, the error, and what needs it."""

OURS: Final = (
    "obrelease.bundle.signing.sigstore_bundle",
    "obrelease.release.verify.sigstore_coverage",
)

NO_COMMAND: Final = frozenset({"docs"})
"""Extras for the makers of the documentation."""


def test_every_extra_is_in_the_table() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert set(project["optional-dependencies"]) == NEEDED.keys() | NO_COMMAND


@pytest.mark.parametrize(
    ("extra", "module", "message", "act"),
    [(extra, *row) for extra, rows in NEEDED.items() for row in rows],
    ids=[f"{extra}-{row[0]}-{number}" for extra, rows in NEEDED.items() for number, row in enumerate(rows)],
)
def test_what_to_install_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    extra: str,
    module: str,
    message: str,
    act: str | Callable[[], None],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    Registry(tmp_path / "results").record(draft(1), [])
    (tmp_path / "day.dbn").write_bytes(b"DBN\x03" + bytes(200))
    (tmp_path / "day.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(200))
    hide(monkeypatch, module)
    if isinstance(act, str):
        assert execute(act.split()) in {ExitCode.USAGE, ExitCode.INVALID_INPUT}
        said = capsys.readouterr().err
    else:
        with pytest.raises(ObreleaseError) as found:
            act()
        assert isinstance(found.value, UsageError)
        said = f"{found.value.message} {found.value.hint}"
    assert message in said
    by_the_engine = f"pip install {module.replace('_', '-')}"
    assert (by_the_engine if extra == "market-data" else install_extra(extra)) in said
    assert not (tmp_path / "out").exists()


def hide(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    """Make a module, or a distribution, missing, and forget modules of ours that have imported it."""
    if module == "uplot-python":
        monkeypatch.setattr(assets, "_DISTRIBUTION", "no-such-distribution")
        return
    monkeypatch.setitem(sys.modules, module, None)
    templating._environment.cache_clear()
    for name in OURS:
        monkeypatch.delitem(sys.modules, name, raising=False)

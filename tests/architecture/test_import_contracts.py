"""The import contracts hold, and each of them is broken by an import that it forbids.

The two packages are copied, one import is written into the copy, and the linter must name the contract.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.program import ROOT

CONTRACTS: Final[Mapping[str, dict[str, Any]]] = {
    contract["id"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
}
LAZY: Final = "def _seeded() -> None:\n    {}\n"
TYPE_ONLY: Final = "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    {}\n"


@dataclass(frozen=True, slots=True)
class Seed:
    """A statement to write at the end of a module, and the contract that it must break."""

    contract: str
    module: str
    statement: str


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of the two packages."""

    folder: Path

    def file(self, module: str) -> Path:
        """The source file of a module or package of the copy."""
        base = self.folder / "engine" if module.startswith("obengine") else self.folder
        path = base.joinpath(*module.split("."))
        return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")

    def broken_contracts(self) -> set[str]:
        """Run the linter: the names of the contracts that it reports as broken."""
        done = subprocess.run(
            [Path(sys.executable).parent / "lint-imports", "--no-cache", "--no-logo"],
            cwd=self.folder,
            env={"PYTHONPATH": f"{self.folder}:{self.folder / 'engine'}", "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )
        broken = set(re.findall(r"^(.+) BROKEN$", done.stdout, re.MULTILINE))
        kept = set(re.findall(r"^(.+) KEPT$", done.stdout, re.MULTILINE))
        assert broken | kept == {contract["name"] for contract in CONTRACTS.values()}, done.stdout
        assert done.returncode == (1 if broken else 0)
        return broken

    def broken_by(self, module: str, statement: str) -> set[str]:
        """What the linter reports with a statement at the end of a module."""
        path = self.file(module)
        before = path.read_text("utf-8")
        path.write_text(f"{before}\n{statement}\n", "utf-8")
        try:
            return self.broken_contracts()
        finally:
            path.write_text(before, "utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    folder = tmp_path_factory.mktemp("packages")
    sources = shutil.ignore_patterns("__pycache__", "*.so")
    shutil.copytree(ROOT / "obrelease", folder / "obrelease", ignore=sources)
    shutil.copytree(ROOT / "engine" / "obengine", folder / "engine" / "obengine", ignore=sources)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return Copy(folder)


def forbidden_import(copy: Copy, contract: Mapping[str, Any]) -> tuple[str, str]:
    return contract["source_modules"][0], f"import {contract['forbidden_modules'][-1]}"


def protected_import(copy: Copy, contract: Mapping[str, Any]) -> tuple[str, str]:
    """By a module that is not below one of those that may import it."""
    allowed = tuple(contract["allowed_importers"])
    importers = ("obrelease.storage.temporary", "obrelease.bundle.writer")
    return next(name for name in importers if not name.startswith(allowed)), (
        f"import {contract['protected_modules'][-1]}"
    )


def upward_import(copy: Copy, contract: Mapping[str, Any]) -> tuple[str, str]:
    """From a module of the lowest layer to one of the highest."""
    prefix = "".join(f"{container}." for container in contract.get("containers", ())[:1])
    names = [re.split(r" *[|:] *", layer) for layer in contract["layers"]]
    return f"{prefix}{names[-1][-1]}", f"import {prefix}{names[0][0]}"


def import_of_a_sibling(copy: Copy, contract: Mapping[str, Any]) -> tuple[str, str]:
    package = contract["modules"][0].removesuffix(".*")
    one, other, *_ = sorted(copy.file(package).parent.glob("[a-z]*.py"))
    return f"{package}.{one.stem}", f"import {package}.{other.stem}"


def circular_import(copy: Copy, contract: Mapping[str, Any]) -> tuple[str, str]:
    """From a module to another of its package that imports it."""
    package = copy.file("obrelease.storage").parent
    importer = next(
        path.stem
        for path in sorted(package.glob("[a-z]*.py"))
        if "from obrelease.storage.hashing import" in path.read_text("utf-8")
    )
    return "obrelease.storage.hashing", f"import obrelease.storage.{importer}"


BREACHES: Final[Mapping[str, Callable[[Copy, Mapping[str, Any]], tuple[str, str]]]] = {
    "forbidden": forbidden_import,
    "protected": protected_import,
    "layers": upward_import,
    "independence": import_of_a_sibling,
    "acyclic_siblings": circular_import,
}
"""What breaks a contract of each type."""


def test_the_contracts_hold(copy: Copy) -> None:
    assert copy.broken_contracts() == set()


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_each_contract_is_broken_by_what_it_forbids(copy: Copy, contract: Mapping[str, Any]) -> None:
    assert contract["name"] in copy.broken_by(*BREACHES[contract["type"]](copy, contract))


@pytest.mark.parametrize(
    "seed",
    [
        Seed("engine-by-the-recorder", "obrelease.bundle.signing", "import obengine"),
        Seed("engine-by-the-recorder", "obrelease.storage.temporary", "import obengine"),
        Seed("gitpython-in-remote-git", "obrelease.storage.temporary", "import git"),
        Seed("pygithub-in-one-file", "obrelease.remote.github.forge", "import github"),
        Seed("tables-and-plots-in-analysis", "obrelease.storage.temporary", "import pandas"),
        Seed("engine-layers", "obengine.api.orders", "from obengine.harness import bench"),
        Seed("engine-alone", "obengine.api.orders", "import obrelease.errors"),
        Seed("layers", "obrelease.models.base", LAZY.format("import obrelease.registry.store")),
        Seed("layers", "obrelease.models.base", TYPE_ONLY.format("import obrelease.registry.store")),
    ],
    ids=lambda seed: f"{seed.module}: {seed.statement.strip().splitlines()[-1].strip()}",
)
def test_imports_that_were_once_overlooked(copy: Copy, seed: Seed) -> None:
    assert CONTRACTS[seed.contract]["name"] in copy.broken_by(seed.module, seed.statement)


@pytest.mark.parametrize("form", [LAZY, TYPE_ONLY], ids=["lazy", "type-only"])
def test_a_circle_is_found_however_it_is_imported(copy: Copy, form: str) -> None:
    contract = CONTRACTS["no-circles"]
    module, statement = circular_import(copy, contract)
    assert contract["name"] in copy.broken_by(module, form.format(statement))


@pytest.mark.parametrize(
    "name", [name for name, contract in CONTRACTS.items() if contract["type"] == "layers"]
)
def test_a_new_module_must_be_given_a_layer(copy: Copy, name: str) -> None:
    (container,) = CONTRACTS[name]["containers"]
    path = copy.file(container).with_name("seeded.py")
    path.touch()
    try:
        assert CONTRACTS[name]["name"] in copy.broken_contracts()
    finally:
        path.unlink()

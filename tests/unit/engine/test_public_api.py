"""The public names of `import obengine`: complete, lazy, and typed."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Final

import pytest

import obengine

ROOT: Final = Path(__file__).resolve().parents[3]

PROGRAM: Final = """
import obengine
from obengine import OrderBook, Side, TimeInForce, make_book, new_order, records_digest

book: obengine.Book = make_book("reference", symbols=2)
events: obengine.Events = book.apply(new_order(1, Side.SELL, 5, 100, tif=TimeInForce.GTC))
digest: str = records_digest(events)
bid, ask = OrderBook(book).touch()
price_ticks: int = ask.price_ticks if ask is not None else obengine.NO_PRICE
try:
    outcome: obengine.RunOutcome = obengine.run_replay(None, core="reference", passes=1)
except obengine.EngineError as error:
    message: str = str(error)
"""


def test_dir_lists_exactly_the_public_names() -> None:
    assert dir(obengine) == obengine.__all__ == sorted(set(obengine.__all__))


def test_the_stub_declares_the_public_names_from_the_same_modules() -> None:
    stub = ast.parse((ROOT / "engine" / "obengine" / "__init__.pyi").read_text())
    imports = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    assert {alias.asname: node.module for node in imports for alias in node.names} == obengine._MODULE_OF


def test_every_public_name_resolves_to_the_object_of_its_module() -> None:
    wrong = [
        name
        for name, module in obengine._MODULE_OF.items()
        if getattr(obengine, name) is not getattr(import_module(module), name)
    ]
    assert wrong == []


def test_an_unknown_name_raises_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'obengine' has no attribute 'order_book'"):
        getattr(obengine, "order_book")  # noqa: B009 - mypy rejects the plain attribute
    with pytest.raises(ImportError, match="NoSuchName"):
        exec("from obengine import NoSuchName", {})


def test_importing_the_package_loads_no_numpy_and_no_module_of_it() -> None:
    code = (
        "import sys, obengine; dir(obengine); obengine.__all__;"
        "print(sorted(m for m in sys.modules if m == 'numpy' or m.startswith('obengine.')))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_program_that_uses_it_passes_mypy_strict_and_sees_real_types(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text(PROGRAM)
    bad.write_text('import obengine\nobengine.make_book(1)\nobengine.no_such_name\nobengine.cancel("1")\n')
    settings = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(ROOT / ".mypy_cache")]
    ran = subprocess.run(
        [sys.executable, "-m", "mypy", *settings, str(good), str(bad)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    found = [line.partition(": error: ") for line in ran.stdout.splitlines() if ": error: " in line]
    assert {Path(place.split(":")[0]).name for place, _, _ in found} == {"bad.py"}, ran.stdout
    errors = [message.split("[")[-1].rstrip("]") for _, _, message in found]
    assert errors == ["arg-type", "attr-defined", "arg-type"], ran.stdout


def test_the_package_declares_that_it_is_typed() -> None:
    assert (Path(str(obengine.__file__)).parent / "py.typed").is_file()

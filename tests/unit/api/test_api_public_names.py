"""The public names of the package: exactly `__all__`, documented, typed, and loaded when they are used."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

import obrelease
from obrelease import api, errors

HEAVY = ("numpy", "pandas", "matplotlib", "git", "github", "pydantic", "requests", "obengine", "typer")


def typed_imports(module: object) -> dict[str, str]:
    """What a package imports for type checkers: `module:name` by public name."""
    tree = ast.parse(Path(str(inspect.getsourcefile(module))).read_text("utf-8"))  # type: ignore[arg-type]
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    found = {}
    for node in block.body:
        assert isinstance(node, ast.ImportFrom)
        for alias in node.names:
            assert node.module
            found[str(alias.asname)] = f"{node.module.removeprefix('obrelease.')}:{alias.name}"
    return found


def test_dir_is_the_public_api() -> None:
    assert dir(obrelease) == sorted(obrelease.__all__)
    assert dir(api) == sorted(api.__all__)


def test_type_checkers_see_what_is_loaded_at_run_time() -> None:
    assert typed_imports(api) == api._SOURCES
    assert set(typed_imports(obrelease)) == set(obrelease.__all__) - {"__version__"}


@pytest.mark.parametrize("name", sorted(set(api.__all__)))
def test_every_name_loads_and_has_a_docstring(name: str) -> None:
    value = getattr(api, name)
    assert inspect.getdoc(value)
    assert not inspect.ismodule(value)


def test_no_module_of_the_api_hides_a_function_of_its_name() -> None:
    modules = {path.stem for path in Path(api.__path__[0]).glob("*.py")}
    assert not modules & set(api.__all__)


@pytest.mark.parametrize("name", ["Project", "Registry", "compare", "gate", "publish", "record", "verify"])
def test_public_functions_document_arguments_errors_and_an_example(name: str) -> None:
    value = getattr(obrelease, name)
    documented = [value.at if name == "Project" else value]
    if name == "Registry":
        assert ">>>" in str(value.__doc__)
        documented = [
            method for key, method in vars(value).items() if inspect.isfunction(method) and key[0] != "_"
        ]
    for function in documented:
        text = str(function.__doc__)
        assert "Raises:" in text or function.__name__ == "unreadable", function.__name__
        parameters = set(inspect.signature(function).parameters) - {"self", "cls", "reporter"}
        assert all(parameter in text for parameter in parameters), (function.__name__, parameters)
    if name != "Registry":
        assert ">>>" in str(documented[0].__doc__)


def test_every_error_of_the_tree_is_exported() -> None:
    tree = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, errors.ObreleaseError)
    }
    assert tree <= set(obrelease.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        obrelease.nonsense  # noqa: B018
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        api.nonsense  # noqa: B018


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = f"import sys, obrelease, obrelease.api; print(*(n for n in {HEAVY!r} if n in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_package_is_typed() -> None:
    assert resources.files("obrelease").joinpath("py.typed").is_file()

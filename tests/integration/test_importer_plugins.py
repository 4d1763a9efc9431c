"""The example plugin of the documentation, installed and used; plugins that cannot be loaded."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.small_tool_files import SMALL_FILES

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "example-plugin"
RESULTS = """\
SUCCESS: base64                                  :   15.500ms +/-  2.000% on luau
SUCCESS: chess                                   :   69.560ms +/-  0.212% on luau
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example, installed by pip offline and without a build environment."""
    folder = tmp_path_factory.mktemp("plugin")
    shutil.copytree(EXAMPLE, folder / "source")
    target = folder / "site"
    words = [
        "install",
        "--no-index",
        "--no-deps",
        "--no-build-isolation",
        "--no-compile",
        "--target",
        str(target),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", *words, str(folder / "source")],
        capture_output=True,
        text=True,
        env=os.environ | {"PIP_CONFIG_FILE": os.devnull, "HOME": str(folder)},
    )
    assert done.returncode == 0, done.stderr
    return target


def run_import(site: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("OBRELEASE_", "GITHUB_"))
    }
    environment["PYTHONPATH"] = os.pathsep.join([str(site), *filter(None, sys.path)])
    return subprocess.run(
        [sys.executable, "-P", "-m", "obrelease", "import", *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
    )


def test_the_example_is_detected_and_its_run_is_valid(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "bench.txt").write_text(RESULTS)
    done = run_import(installed, tmp_path, "bench.txt", "--json")
    assert done.returncode == 0, done.stderr
    (path,) = tmp_path.glob("results/imported/luau/*/artefact.json")
    metrics = {metric["name"]: metric for metric in json.loads(path.read_text())["metrics"]}
    assert set(metrics) == {"base64", "chess"}
    assert (metrics["base64"]["unit"], metrics["base64"]["direction"]) == ("ns", "lower")
    assert metrics["base64"]["summary"]["value"] == 15_500_000
    assert metrics["base64"]["parameters"] == {"driver": "luau"}


def test_errors_of_the_example_name_the_line(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "bench.txt").write_text(RESULTS + "SUCCESS: broken\n")
    done = run_import(installed, tmp_path, "bench.txt")
    assert done.returncode == 4
    assert "bench.txt: line 3: `NAME : TIME +/- PERCENT% on DRIVER` is expected" in done.stderr
    assert not list(tmp_path.glob("results/imported/*"))


BROKEN = {
    "no_such_module": (
        "obrelease_gone.importer:IMPORTER",
        "cannot be loaded: No module named 'obrelease_gone'",
    ),
    "not_an_importer": ("json:loads", "is no Importer named"),
    "raises": ("raising_plugin:IMPORTER", "cannot be loaded: cannot start"),
}


@pytest.fixture
def broken_site(tmp_path: Path) -> Path:
    """A folder with three plugins that cannot be loaded; one of them tries to end the program."""
    site = tmp_path / "site"
    info = site / "broken-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    points = "".join(f"a-{name.replace('_', '-')} = {value}\n" for name, (value, _) in BROKEN.items())
    (info / "entry_points.txt").write_text(f"[obrelease.importers]\n{points}")
    (site / "raising_plugin.py").write_text("raise SystemExit('cannot start')\n")
    return site


def test_plugins_that_cannot_be_loaded_stop_no_built_in_format(broken_site: Path, tmp_path: Path) -> None:
    done = run_import(broken_site, tmp_path, str(SMALL_FILES / "jmh.json"), "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "raising_plugin" not in done.stderr


def test_plugins_that_cannot_be_loaded_stop_no_other_plugin(
    installed: Path, broken_site: Path, tmp_path: Path
) -> None:
    shutil.copytree(installed, broken_site, dirs_exist_ok=True)
    (tmp_path / "bench.txt").write_text(RESULTS)
    done = run_import(broken_site, tmp_path, "bench.txt", "--dry-run")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", BROKEN)
def test_a_plugin_that_cannot_be_loaded_is_named(broken_site: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "bench.txt").write_text(RESULTS)
    point, (value, message) = f"a-{name.replace('_', '-')}", BROKEN[name]
    done = run_import(broken_site, tmp_path, "bench.txt", "--format", point)
    assert done.returncode == 2, done.stderr
    assert f"the importer plugin '{point}' ({value}) {message}" in done.stderr


def test_an_unknown_file_names_the_plugin_that_might_know_it(broken_site: Path, tmp_path: Path) -> None:
    (tmp_path / "bench.txt").write_text(RESULTS)
    done = run_import(broken_site, tmp_path, "bench.txt")
    assert done.returncode == 2, done.stderr
    assert (
        "bench.txt: is of no format that is recognised; the importer plugin 'a-no-such-module'" in done.stderr
    )

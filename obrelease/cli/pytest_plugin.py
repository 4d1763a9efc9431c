"""Plugin of pytest: `pytest --obrelease` records what pytest-benchmark measured in the session as one run.

Every session of pytest loads it if obrelease is installed, so it imports nothing of obrelease until something
is to be recorded. The names of the metrics are the node ids of the tests.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from obrelease.api import Entry

_DEFAULT: Final = ""
"""The value of `--obrelease` without a folder: the results folder of the settings."""

_INTERRUPTED: Final = (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare `--obrelease`."""
    parser.getgroup("obrelease").addoption(
        "--obrelease",
        nargs="?",
        const=_DEFAULT,
        default=None,
        metavar="RESULTS",
        help="Record what pytest-benchmark measures as a run in this results folder."
        " Default: the results folder of the project's settings.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse at once what would measure nothing; on request, record at the end of the session."""
    results = config.getoption("obrelease")
    if results is None or hasattr(config, "workerinput"):
        return
    if not config.pluginmanager.hasplugin("benchmark"):
        raise pytest.UsageError("--obrelease needs pytest-benchmark: pip install pytest-benchmark")
    if config.getoption("dist", "no") != "no" or config.getoption("tx", None):
        raise pytest.UsageError(
            "--obrelease cannot measure in parallel processes: pass -n 0, or leave -n out"
        )
    folder = Path(results)
    if results != _DEFAULT and (folder.suffix == ".py" or "::" in results or _holds_tests(folder)):
        raise pytest.UsageError(
            f"--obrelease took {results!r} as its results folder: write --obrelease=RESULTS,"
            " or the tests before it"
        )
    config.pluginmanager.register(_Recorder(config), "obrelease-recorder")


def _holds_tests(folder: Path) -> bool:
    return folder.is_dir() and any(folder.glob("**/test_*.py"))


class _Recorder:
    """Records the session when it ends, and reports it in the summary."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._report = ""
        self._failed = False

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Record what was measured, unless the session was interrupted."""
        if exitstatus in _INTERRUPTED:
            self._report = "nothing was recorded: the session was interrupted"
            return
        document = _measured(self._config)
        if not document["benchmarks"]:
            self._report = "nothing was recorded: no benchmark was measured"
            return
        from obrelease.errors import ObreleaseError

        try:
            entry = _record(self._config, document)
            self._report = (
                f"{len(document['benchmarks'])} benchmarks recorded: {entry.digest}\n{entry.folder}"
            )
        except ObreleaseError as error:
            hint = f"\n{error.hint}" if error.hint else ""
            self._report, self._failed = f"nothing was recorded: {error.message}{hint}", True
            if exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the digest of the run, or why there is none."""
        terminalreporter.section("obrelease", red=self._failed)
        terminalreporter.write_line(self._report)


def _measured(config: pytest.Config) -> dict[str, Any]:
    """The document that `--benchmark-json` writes, made by the hooks of pytest-benchmark."""
    benchmarks = config._benchmarksession.benchmarks  # type: ignore[attr-defined]  # noqa: SLF001
    hook = config.hook
    machine = hook.pytest_benchmark_generate_machine_info(config=config)
    hook.pytest_benchmark_update_machine_info(config=config, machine_info=machine)
    commit = hook.pytest_benchmark_generate_commit_info(config=config)
    hook.pytest_benchmark_update_commit_info(config=config, commit_info=commit)
    document: dict[str, Any] = hook.pytest_benchmark_generate_json(
        config=config, benchmarks=benchmarks, include_data=True, machine_info=machine, commit_info=commit
    )
    hook.pytest_benchmark_update_json(config=config, benchmarks=benchmarks, output_json=document)
    return document


def _record(config: pytest.Config, document: dict[str, Any]) -> Entry:
    from obrelease import api
    from obrelease.cli.console.settings import load
    from obrelease.storage.limits import input_budget
    from obrelease.storage.temporary import temporary_folder

    results = config.getoption("obrelease")
    flags = {"results": None if results == _DEFAULT else str(Path(results).absolute())}
    project = load(flags, start=config.invocation_params.dir)
    with temporary_folder() as folder, input_budget():
        file = folder / "pytest-benchmark.json"
        file.write_text(json.dumps(document, default=repr), "utf-8")
        return api.import_results(
            file, format_name="pytest-benchmark", registry=project.results_folder(must_exist=False)
        ).entry

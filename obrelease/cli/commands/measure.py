"""`obrelease measure`: measure a command, or benchmarks of the settings, alone or against a commit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.completion import benchmarks
from obrelease.cli.console.settings import configure_matplotlib
from obrelease.cli.rendering.measurement import measurement_text
from obrelease.errors import CheckFailed, Inconclusive, UsageError


@command("measure")
def measure(
    session: Session,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME|COMMAND",
            help="A benchmark of the settings, or a command: one word is run by a shell, several are not."
            " [default: all benchmarks of the settings]",
            show_default=False,
            autocompletion=benchmarks,
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against", metavar="REF", help="Measure this commit and the work tree in turn, compare."
        ),
    ] = None,
    runs: Annotated[
        int | None,
        typer.Option(
            "--runs", metavar="N", help="Fresh processes on each side. [default: 6]", show_default=False
        ),
    ] = None,
    executions: Annotated[
        int | None,
        typer.Option(
            "--executions",
            metavar="N",
            help="Executions of a timed command in each run. [default: half a second, at most 20]",
            show_default=False,
        ),
    ] = None,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Measure again before a regression is reported.")
    ] = False,
    build: Annotated[
        str | None, typer.Option("--build", metavar="COMMAND", help="Run once in each tree before.")
    ] = None,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="Read the results that the command writes, as `import` does. [default: time the command]",
            show_default=False,
        ),
    ] = None,
    files: Annotated[
        list[str] | None,
        typer.Option(
            "--files",
            metavar="PATTERN",
            help="Results files that the command writes; may be repeated."
            " [default: the output file that the command names, else its standard output]",
            show_default=False,
        ),
    ] = None,
    env: Annotated[
        list[str] | None,
        typer.Option("--env", metavar="NAME=VALUE", help="A variable for the command; may be repeated."),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option("--label", metavar="KEY=VALUE", help="A label of the runs; may be repeated."),
    ] = None,
    title: Annotated[
        str | None, typer.Option("--title", metavar="TEXT", help="The name of the workload.")
    ] = None,
    no_shell: Annotated[
        bool, typer.Option("--no-shell", "-N", help="Split one word like a shell, and run it without one.")
    ] = False,
    shell: Annotated[
        str, typer.Option("--shell", metavar="PROGRAM", help="The shell; its start-up is subtracted.")
    ] = "sh",
    ignore_failure: Annotated[
        bool, typer.Option("--ignore-failure", help="Measure a command that fails all the same.")
    ] = False,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold",
            metavar="PERCENT",
            help="With --against: the smallest slowdown that matters. [default: 5]",
            show_default=False,
        ),
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option(
            "--policy", metavar="FILE", help="With --against: a gate policy in place of --threshold."
        ),
    ] = None,
    wait: Annotated[
        int,
        typer.Option(
            "--wait", metavar="SECONDS", help="How long to wait for another measurement on this host."
        ),
    ] = 3600,
    results: ResultsOption = None,
) -> None:
    """Measure a command in fresh processes.

    Each run is recorded. Results in a format of `import` are read; any other command is timed: wall, user and
    system time, and peak memory. With --against, the commit and the work tree are copied, built and measured
    in turn (A B B A). The exit code is then 0 for no regression, 1 for a regression, 3 for inconclusive,
    and 4 if a benchmark or its build fails.

    A median is a measured value: of an even number of values, the lower of the two in the middle.
    """
    if against is None and (confirm or threshold is not None or policy is not None):
        raise UsageError("--confirm, --threshold and --policy need --against", hint="name a commit")
    if threshold is not None and policy is not None:
        raise UsageError("--threshold and --policy cannot be combined", hint="pass only one")
    project = session.project(results=results)
    configure_matplotlib()
    request = api.MeasureRequest(
        words=tuple(words or ()),
        against=against,
        runs=runs,
        executions=executions,
        confirm=confirm,
        build=build,
        format_name=format_,
        files=tuple(files or ()),
        environment=_variables(env or []),
        labels=api.parse_labels(label or ()),
        title=title,
        no_shell=no_shell,
        shell=shell,
        ignore_failure=ignore_failure,
        threshold_percent=threshold,
        policy=policy,
        wait_s=wait,
        folder=Path.cwd(),
    )
    reports = api.measure_requested(request, project=project, reporter=session.out)
    session.out.result(
        {"measurements": [report.to_json() for report in reports]},
        lambda: "\n\n".join(map(measurement_text, reports)),
    )
    for report in reports:
        for remark in report.remarks:
            session.out.note(remark)
    _exit_by_verdict(reports)


def _exit_by_verdict(reports: tuple[api.MeasureReport, ...]) -> None:
    compared = [report for report in reports if report.comparison is not None]
    for verdict, error in (
        (api.GateVerdict.REGRESSION, CheckFailed),
        (api.GateVerdict.INCONCLUSIVE, Inconclusive),
    ):
        for report in compared:
            if report.comparison is not None and report.comparison.verdict is verdict:
                reasons = report.comparison.reasons
                more = f" and {len(reasons) - 1} more" if len(reasons) > 1 else ""
                reason = f"{reasons[0]}{more}" if reasons else "see above"
                hint = (
                    "measure again with more --runs, on a quieter machine" if error is Inconclusive else None
                )
                raise error(f"{verdict}: {report.title[:80]}: {reason}", hint=hint)


def _variables(texts: list[str]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"--env is {text!r:.80}; it must be NAME=VALUE")
        pairs[name] = value
    return pairs

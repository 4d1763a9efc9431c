"""Every command: its module and its line in `--help`, so that help and completion load no command."""

from __future__ import annotations

from typing import Final, NamedTuple


class CommandRow(NamedTuple):
    """One command.

    Attributes:
        target: `module:attribute` of the command object, below `obrelease.cli.commands`.
        help: the first line of the command's own help text.
        group: the heading that it is listed under in the help of the program.
    """

    target: str
    help: str
    group: str = "Commands"


ROOT_COMMANDS: Final = {
    "run": CommandRow("run:run", "Measure the engine and record the run.", "Measure"),
    "measure": CommandRow("measure:measure", "Measure a command in fresh processes.", "Measure"),
    "sweep": CommandRow("sweep:sweep", "Measure a grid, on one machine or many.", "Measure"),
    "import": CommandRow("import_:import_files", "Record what other tools measured.", "Measure"),
    "reproduce": CommandRow("reproduce:reproduce", "Repeat a run and require the same events.", "Measure"),
    "list": CommandRow("list:list_runs", "List the runs in the results folder, newest first.", "Look"),
    "show": CommandRow("show:show", "Show one run: what it was, where, and what it gave.", "Look"),
    "plot": CommandRow("plot:plot", "Draw the pictures of a run from its numbers.", "Look"),
    "history": CommandRow(
        "history:history", "Show a metric over the commits, with its change points.", "Look"
    ),
    "changes": CommandRow("changes:changes", "List the change points of all metrics.", "Look"),
    "site": CommandRow("site:site", "Build static pages of the registry, or look at them.", "Look"),
    "export": CommandRow("export:export", "Write runs and their figures as Parquet files.", "Look"),
    "query": CommandRow("query:query", "Ask the figures and facts of all runs in SQL.", "Look"),
    "diff": CommandRow("diff:diff", "Compare runs, releases, or metrics of one run.", "Compare"),
    "gate": CommandRow("gate:gate", "Check runs or a release against a gate policy.", "Compare"),
    "report": CommandRow("report:report", "Report a comparison as Markdown for a pull request.", "Compare"),
    "comment": CommandRow("comment:comment", "Make or update the one comment on a pull request.", "Compare"),
    "tag": CommandRow("tag:tag", "Create the annotated tag of a release.", "Release"),
    "bundle": CommandRow("bundle:bundle", "Write the files of a release into a folder.", "Release"),
    "publish": CommandRow("publish:publish", "Check, pack, tag and upload runs as one release.", "Release"),
    "crate": CommandRow("crate:crate", "Pack a run or a release as an RO-Crate.", "Release"),
    "verify": CommandRow("verify:verify", "Check every layer of a release.", "Release"),
    "push": CommandRow("push:push", "Push runs to a shared registry.", "Share"),
    "pull": CommandRow("pull:pull", "Pull runs of a shared registry.", "Share"),
    "sync": CommandRow("sync:sync", "Bring both sides of a shared registry to the same runs.", "Share"),
    "remote": CommandRow("remote:remote", "Name a shared registry, or list the names.", "Share"),
    "init": CommandRow("init:init", "Set up this git repository for releases.", "Maintain"),
    "doctor": CommandRow("doctor:doctor", "Check the environment.", "Maintain"),
    "validate": CommandRow("validate:validate", "Check documents and the files that they list.", "Maintain"),
    "fsck": CommandRow("fsck:fsck", "Re-hash everything in the results folder.", "Maintain"),
    "reindex": CommandRow("reindex:reindex", "Rebuild the index from the run folders.", "Maintain"),
    "gc": CommandRow("gc:gc", "Remove runs that nothing keeps.", "Maintain"),
    "pin": CommandRow("pin:pin", "Name a run, or list the names.", "Maintain"),
    "schema": CommandRow("schema:schema", "Export or check the JSON Schemas of the documents.", "Maintain"),
    "help": CommandRow("help_:help_command", "Show the help of a command.", "Maintain"),
}
"""The commands of `obrelease`, in the order of `--help`; rows of one group follow each other."""

RUN_COMMANDS: Final = {
    "bench": CommandRow("run_bench:bench", "Measure seeded order flow."),
    "stress": CommandRow("run_stress:stress", "Offer seeded flow at intended times."),
    "architectures": CommandRow("run_architectures:architectures", "Compare ways to divide the work."),
    "replay": CommandRow("run_replay:replay", "Replay recorded market data, checked row by row."),
    "profile": CommandRow("run_profile:profile", "Find where time and memory go in a scenario."),
    "scenarios": CommandRow("run_scenarios:scenarios", "List the scenarios of bench and profile."),
}
"""The commands of `obrelease run`, in the order of `--help`."""

SITE_COMMANDS: Final = {
    "build": CommandRow("site_build:build", "Write static pages of the registry."),
    "serve": CommandRow("site_serve:serve", "Build the pages and serve them on this machine."),
}
"""The commands of `obrelease site`, in the order of `--help`."""

REMOTE_COMMANDS: Final = {
    "add": CommandRow("remote_add:add", "Give a shared registry a name in the settings file."),
    "list": CommandRow("remote_list:list_remotes", "List the named registries."),
}
"""The commands of `obrelease remote`, in the order of `--help`."""

SWEEP_COMMANDS: Final = {
    "plan": CommandRow("sweep_plan:plan", "Write the plan of a sweep: every cell with its key."),
    "run": CommandRow("sweep_run:run", "Measure the planned cells until all are settled."),
    "submit": CommandRow("sweep_submit:submit", "Submit a planned sweep to the scheduler of a cluster."),
    "status": CommandRow("sweep_status:status", "Show progress, rate, and who measures what."),
    "collect": CommandRow("sweep_collect:collect", "Write a table, pictures and a page of the results."),
}
"""The commands of `obrelease sweep`, in the order of `--help`."""

SCHEMA_COMMANDS: Final = {
    "export": CommandRow("schema_export:export", "Write the schemas of all documents."),
    "check": CommandRow("schema_check:check", "Compare the exported schemas with the models."),
}
"""The commands of `obrelease schema`, in the order of `--help`."""

READ_ONLY_MODULES: Final = frozenset(
    {
        *("run", "run_scenarios", "list", "show", "diff", "fsck", "validate", "doctor"),
        "help_",
        *("site", "schema", "schema_check"),
        *("remote", "remote_list", "sweep"),
    }
)
"""Modules of commands that only read, and of groups. On Windows, all other commands are refused at once."""

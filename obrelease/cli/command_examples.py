"""Two examples and the page of every command, for the end of its `--help`; loaded only to print that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Examples:
    """What the help of one command ends with.

    Attributes:
        page: the page of the documentation, as a path in the repository.
        lines: command lines without the name of the program.
    """

    page: str
    lines: tuple[str, str]


_COMMANDS: Final = "docs/commands.md"
_COMPARING: Final = "docs/comparing.md"
_ENGINE: Final = "docs/measuring.md#workloads-of-the-engine"
_PULL_REQUESTS: Final = "docs/pull-requests.md"
_SHARING: Final = "docs/sharing.md"
_SWEEPS: Final = "docs/sweeps.md"
_RELEASES: Final = "docs/releases.md"

EXAMPLES: Final = {
    "": Examples("docs/index.md", ("run bench", "import bench.json")),
    "run": Examples(_ENGINE, ("run bench", "run scenarios")),
    "sweep": Examples(_SWEEPS, ("sweep plan", "sweep run --workers 4")),
    "site": Examples("docs/site.md", ("site build --to pages", "site serve")),
    "remote": Examples(_SHARING, ("remote add mine oci://localhost:5000/results", "remote list")),
    "schema": Examples("docs/formats.md", ("schema export", "schema check")),
    "run bench": Examples(
        _ENGINE,
        ("run bench --scenario x10 --seed 42", "run bench --against main --runs 6 --plot ../slower.svg"),
    ),
    "run stress": Examples(
        _ENGINE, ("run stress --arrivals hawkes --scale 1", "run stress --sweep --core native")
    ),
    "run architectures": Examples(
        _ENGINE, ("run architectures --seeds 3", "run architectures --passes 1 --messages 2000")
    ),
    "run replay": Examples(
        _ENGINE,
        (
            "run replay AMZN_2012-06-21_10.zip --risk limits.toml",
            "run replay S20101224.txt --symbol AAPL --from 09:30 --strategy ./maker.py:Maker",
        ),
    ),
    "run profile": Examples(
        _ENGINE, ("run profile --scenario baseline", "run profile --messages 1000 --profiler cprofile")
    ),
    "run scenarios": Examples(_ENGINE, ("run scenarios", "run scenarios --json")),
    "measure": Examples(
        "docs/measuring.md",
        ("measure --runs 10 -- ./program --fast", "measure --against main --build 'make bench' -- ./bench"),
    ),
    "sweep plan": Examples(_SWEEPS, ("sweep plan", "sweep plan grids/depth.toml --results /shared/results")),
    "sweep run": Examples(_SWEEPS, ("sweep run --workers 2", "sweep run --shard 3/8")),
    "sweep submit": Examples(
        _SWEEPS,
        ("sweep submit --slurm --dry-run", "sweep submit --slurm --tasks 8 --option=--partition=bench"),
    ),
    "sweep status": Examples(_SWEEPS, ("sweep status", "sweep status --json")),
    "sweep collect": Examples(
        _SWEEPS, ("sweep collect", "sweep collect --x messages --y scenario --to pictures")
    ),
    "import": Examples(
        "docs/importing.md", ("import bench.json --label runner=ci-large", "import bench.txt --format go")
    ),
    "list": Examples(
        _COMMANDS, ("list kind=bench commit=1c9f", "list since=2026-10-01 --sort -size --limit 10")
    ),
    "show": Examples(_COMMANDS, ("show latest --kind bench", "show 1c9f --metric 'parse*'")),
    "plot": Examples(
        _COMMANDS,
        ("plot 1c9f --format png --size 1200x600", "plot latest --from 10:00 --to 10:30 --trace DAY.csv"),
    ),
    "reproduce": Examples(_COMMANDS, ("reproduce latest", "reproduce 1c9f --core reference")),
    "diff": Examples(
        _COMPARING, ("diff 'commit=1c9f' 'commit=a041'", "diff v1.2 v1.3 --only changed --sort change")
    ),
    "gate": Examples(
        _COMPARING,
        (
            "gate --policy policy.toml --base 'commit=1c9f' --head 'commit=a041'",
            "gate --policy policy.toml --release v1.3",
        ),
    ),
    "history": Examples(
        "docs/history.md",
        ("history throughput scenario=x10 --plot history.svg", "history 'parse*' --all --csv"),
    ),
    "changes": Examples("docs/history.md", ("changes", "changes 'parse*' --check")),
    "report": Examples(
        _PULL_REQUESTS,
        (
            "report 'commit=1c9f' 'commit=a041' --output report.md",
            "report v1.2 v1.3 --summary --annotations",
        ),
    ),
    "comment": Examples(
        _PULL_REQUESTS,
        ("comment report.md --pull-request 17", "comment report.md --head OWNER:BRANCH --name speed"),
    ),
    "site build": Examples(
        "docs/site.md", ("site build --to public", "site build --to public --results results")
    ),
    "site serve": Examples("docs/site.md", ("site serve", "site serve --port 8000")),
    "export": Examples(
        "docs/analytics.md", ("export --parquet export", "export --parquet export kind=bench scenario=x10")
    ),
    "query": Examples(
        "docs/analytics.md",
        (
            "query 'SELECT kind, count(*) FROM runs GROUP BY kind'",
            "query --parquet export --csv 'SELECT run, metric, value FROM figures'",
        ),
    ),
    "reindex": Examples(_COMMANDS, ("reindex", "reindex --results archive/results")),
    "fsck": Examples(_COMMANDS, ("fsck", "fsck --json")),
    "validate": Examples(_COMMANDS, ("validate", "validate results/bench --verbose")),
    "gc": Examples(_COMMANDS, ("gc", "gc --yes")),
    "pin": Examples(_COMMANDS, ("pin before-rewrite 1c9f", "pin --delete before-rewrite")),
    "tag": Examples(_RELEASES, ("tag v1.0 --dry-run", "tag v1.0 --remote origin --sign ~/.ssh/id_ed25519")),
    "bundle": Examples(_RELEASES, ("bundle v1.0 --output dist", "bundle v1.0 --run 1c9f --output dist")),
    "publish": Examples(_RELEASES, ("publish v1.0 --dry-run", "publish v1.0 --forge github --remote origin")),
    "verify": Examples(
        f"{_RELEASES}#what-verify-checks", ("verify v1.0", "verify ./downloads --policy release-policy.toml")
    ),
    "push": Examples(
        _SHARING, ("push kind=bench team", "push --release dist/engine-v1.0 oci://ghcr.io/OWNER/results")
    ),
    "pull": Examples(_SHARING, ("pull 1c9f team", "pull kind=bench scenario=x10 team")),
    "sync": Examples(_SHARING, ("sync team", "sync oci://localhost:5000/results")),
    "remote add": Examples(
        _SHARING,
        ("remote add team oci://ghcr.io/OWNER/results", "remote add local oci://localhost:5000/results"),
    ),
    "remote list": Examples(_SHARING, ("remote list", "remote list --json")),
    "crate": Examples(
        "docs/archiving.md", ("crate latest --to crate", "crate ./dist --to crate --license CC-BY-4.0")
    ),
    "init": Examples(
        _RELEASES,
        ("init --dry-run", "init --pull-request --pages --action OWNER/obrelease@COMMIT"),
    ),
    "doctor": Examples(_COMMANDS, ("doctor", "doctor --json")),
    "help": Examples(_COMMANDS, ("help", "help run bench")),
    "schema export": Examples("docs/formats.md", ("schema export", "schema export --schemas schemas")),
    "schema check": Examples("docs/formats.md", ("schema check", "schema check --schemas schemas")),
}
"""By the words that name the command or the group; none for the program."""

"""What a listing shows of a run: its figures, how its checks went, and the files they were read from.

The table of figures keeps it as JSON, so that a long list opens no run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from obrelease.analysis.summary.stability import is_inconclusive, is_stability

if TYPE_CHECKING:
    from obrelease.analysis.summary.run import Run
    from obrelease.models.artefact import Check

FIGURE_COLUMNS: Final = (
    "throughput_median_msg_s", "passes", "latency_clock", "latency_p50_ns", "latency_p99_ns",
    "latency_p999_ns", "headline", "headline_unit", "headline_median", "unstable", "title", "host",
)  # fmt: skip
"""The columns of figures in CSV, in their order."""


@dataclass(frozen=True, slots=True)
class CheckCounts:
    """How the checks of a run went; those of stability count in `unstable` alone."""

    passed: int
    failed: int
    inconclusive: int
    unstable: bool

    def __str__(self) -> str:
        text = f"{self.passed} passed" + (f", {self.failed} FAILED" if self.failed else "")
        text += f", {self.inconclusive} inconclusive" if self.inconclusive else ""
        return text + (", unstable" if self.unstable else "")


def count_checks(checks: Sequence[Check]) -> CheckCounts | None:
    """The counts of the checks of a run; None if it has no checks."""
    if not checks:
        return None
    proofs = [check for check in checks if not is_stability(check)]
    undecided = sum(is_inconclusive(check) for check in proofs)
    failed = sum(not check.passed for check in proofs) - undecided
    return CheckCounts(
        len(proofs) - failed - undecided,
        failed,
        undecided,
        any(bool(check.counts.get("unstable")) for check in checks if is_stability(check)),
    )


@dataclass(frozen=True, slots=True)
class ListedFigures:
    """The figures of a run for lists.

    Attributes:
        figures: what `figures_of` returns.
        headline: name, unit and value of the first figure; None if nothing was measured.
        load_1m_milli: the load of the machine in thousandths; None if it is not known.
        files: sha256 by path of the files, besides the envelope, that the figures were read from.
    """

    figures: Mapping[str, Any]
    headline: tuple[str, str, int | float] | None
    checks: CheckCounts | None
    load_1m_milli: int | None
    files: Mapping[str, str]

    @classmethod
    def of_run(cls, run: Run) -> ListedFigures:
        """Those of a run that was read from its files."""
        from obrelease.analysis.summary.key_figures import figures_of, headline_among, measures

        artefact = run.artefact
        measured = measures(run)
        first = headline_among(run, measured)
        sha256 = {file.path: file.sha256 for file in artefact.files}
        return cls(
            figures=figures_of(run, measured),
            headline=(first.metric, first.unit, first.value) if first else None,
            checks=count_checks(artefact.outcome.checks if artefact.outcome else ()),
            load_1m_milli=artefact.host.volatile.load_1m_milli,
            files={path: sha256[path] for path in _histograms_read(run)},
        )

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ListedFigures | None:
        """Those that `to_json` wrote; None if it was something else."""
        try:
            first, checks = value["headline"], value["checks"]
            return cls(
                figures=value["figures"],
                headline=(first[0], first[1], first[2]) if first else None,
                checks=CheckCounts(*checks) if checks else None,
                load_1m_milli=value["load_1m_milli"],
                files=value["files"],
            )
        except (KeyError, TypeError, IndexError):
            return None

    @classmethod
    def from_brief(cls, value: Sequence[Any]) -> ListedFigures | None:
        """What a line of a list shows, as the table of figures keeps it alone: no title, labels and files."""
        try:
            first, p50_ns, p99_ns, checks = value
            return cls(
                figures={"latency_p50_ns": p50_ns, "latency_p99_ns": p99_ns},
                headline=first and (first[0], first[1], first[2]),
                checks=CheckCounts(*checks) if checks else None,
                load_1m_milli=None,
                files={},
            )
        except (ValueError, TypeError, IndexError):
            return None

    def to_json(self) -> dict[str, Any]:
        """The document that the table of figures keeps."""
        checks = self.checks
        return {
            "figures": dict(self.figures),
            "headline": list(self.headline) if self.headline else None,
            "checks": [checks.passed, checks.failed, checks.inconclusive, checks.unstable]
            if checks
            else None,
            "load_1m_milli": self.load_1m_milli,
            "files": dict(self.files),
        }

    def cells(self) -> dict[str, Any]:
        """One cell for each of `FIGURE_COLUMNS`."""
        name, unit, value = self.headline or (None, None, None)
        cells = dict(self.figures) | {
            "headline": name,
            "headline_unit": unit,
            "headline_median": value,
            "unstable": bool(self.figures["unstable"]),
        }
        return {column: cells[column] for column in FIGURE_COLUMNS}


def _histograms_read(run: Run) -> set[str]:
    """Paths of the histograms behind the figures: the headline's, and those of metrics kept as histograms."""
    used = {metric.histogram for metric in run.recorded_metrics} | set(run.histograms)
    return {ref.path for ref in run.artefact.histograms if ref.id in used}


def cells_of(listed: ListedFigures | None) -> dict[str, Any]:
    """One cell for each of `FIGURE_COLUMNS`; all None for an unreadable run."""
    return listed.cells() if listed else dict.fromkeys(FIGURE_COLUMNS)

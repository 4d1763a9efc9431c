"""What the package can do, without a terminal: every command is a function here.

Names are loaded when they are first used, so that importing the package costs nothing. The public part
is `obrelease.__all__`; the rest serves the command line and may change.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from obrelease.analysis.comparison.compare import Comparison as Comparison
    from obrelease.analysis.comparison.gate import GateVerdict as GateVerdict
    from obrelease.analytics.query_process import QueryResult as QueryResult
    from obrelease.api.attest_result import AttestedResult as AttestedResult
    from obrelease.api.attest_result import attest_gate as attest_gate
    from obrelease.api.change_report import ChangeReport as ChangeReport
    from obrelease.api.change_report import comment_on_pull_request as comment_on_pull_request
    from obrelease.api.change_report import read_comment as read_comment
    from obrelease.api.change_report import report_comparison as report_comparison
    from obrelease.api.check_environment import diagnose as diagnose
    from obrelease.api.collect_garbage import GcReport as GcReport
    from obrelease.api.compare_runs import ComparisonReport as ComparisonReport
    from obrelease.api.compare_runs import compare as compare
    from obrelease.api.compare_runs import compare_within as compare_within
    from obrelease.api.compare_runs import sort_key as sort_key
    from obrelease.api.crate_export import CrateReport as CrateReport
    from obrelease.api.crate_export import export_crate as export_crate
    from obrelease.api.export_results import ExportReport as ExportReport
    from obrelease.api.export_results import export_parquet as export_parquet
    from obrelease.api.export_results import query as query
    from obrelease.api.gate_runs import GateReport as GateReport
    from obrelease.api.gate_runs import gate as gate
    from obrelease.api.history_gate import HistoryGateReport as HistoryGateReport
    from obrelease.api.history_gate import gate_history as gate_history
    from obrelease.api.import_facts import parse_labels as parse_labels
    from obrelease.api.import_files import import_format_titles as import_format_titles
    from obrelease.api.import_files import import_formats as import_formats
    from obrelease.api.import_files import import_results as import_results
    from obrelease.api.import_report import ImportedRun as ImportedRun
    from obrelease.api.import_report import ImportReport as ImportReport
    from obrelease.api.input_limits import limits as limits
    from obrelease.api.json_schemas import check_schemas as check_schemas
    from obrelease.api.json_schemas import export_schemas as export_schemas
    from obrelease.api.list_runs import ListedRun as ListedRun
    from obrelease.api.list_runs import Listing as Listing
    from obrelease.api.list_runs import read_listed_runs as read_listed_runs
    from obrelease.api.measure_against import bench_against as bench_against
    from obrelease.api.measure_command import MeasureReport as MeasureReport
    from obrelease.api.measure_command import measure as measure
    from obrelease.api.measure_request import MeasureRequest as MeasureRequest
    from obrelease.api.measure_request import measure_requested as measure_requested
    from obrelease.api.next_after_import import next_comparison as next_comparison
    from obrelease.api.plot_files import require_plot_format as require_plot_format
    from obrelease.api.project import Project as Project
    from obrelease.api.publish_release import abort_publish as abort_publish
    from obrelease.api.publish_release import bundle_runs as bundle_runs
    from obrelease.api.publish_release import publish as publish
    from obrelease.api.publish_release import tag_runs as tag_runs
    from obrelease.api.read_history import HistoryReport as HistoryReport
    from obrelease.api.read_history import history as history
    from obrelease.api.record_values import record as record
    from obrelease.api.registry import Registry as Registry
    from obrelease.api.reproduce_run import ReproductionReport as ReproductionReport
    from obrelease.api.reproduce_run import reproduce as reproduce
    from obrelease.api.run_details import RunDetails as RunDetails
    from obrelease.api.run_modes import RunReport as RunReport
    from obrelease.api.run_modes import run_architectures as run_architectures
    from obrelease.api.run_modes import run_bench as run_bench
    from obrelease.api.run_modes import run_profile as run_profile
    from obrelease.api.run_modes import run_replay as run_replay
    from obrelease.api.run_modes import run_stress as run_stress
    from obrelease.api.run_pictures import plot_run as plot_run
    from obrelease.api.set_up_project import scaffold as scaffold
    from obrelease.api.settings_file import add_remote as add_remote
    from obrelease.api.shared_registry import RemoteListing as RemoteListing
    from obrelease.api.shared_registry import SharedReport as SharedReport
    from obrelease.api.shared_registry import list_remote_runs as list_remote_runs
    from obrelease.api.shared_registry import pull_runs as pull_runs
    from obrelease.api.shared_registry import push_runs as push_runs
    from obrelease.api.shared_registry import sync_runs as sync_runs
    from obrelease.api.shared_releases import attach_to_run as attach_to_run
    from obrelease.api.shared_releases import fetch_attachments as fetch_attachments
    from obrelease.api.shared_releases import push_release_folder as push_release_folder
    from obrelease.api.site_pages import SiteReport as SiteReport
    from obrelease.api.site_pages import build_report_file as build_report_file
    from obrelease.api.site_pages import build_site as build_site
    from obrelease.api.site_server import serve_site as serve_site
    from obrelease.api.sort_columns import sort_runs as sort_runs
    from obrelease.api.sweep_collecting import CollectReport as CollectReport
    from obrelease.api.sweep_collecting import collect_sweep as collect_sweep
    from obrelease.api.sweep_planning import PlanReport as PlanReport
    from obrelease.api.sweep_planning import plan_sweep as plan_sweep
    from obrelease.api.sweep_progress import SweepStatus as SweepStatus
    from obrelease.api.sweep_progress import read_sweep_status as read_sweep_status
    from obrelease.api.sweep_running import SweepRunReport as SweepRunReport
    from obrelease.api.sweep_running import run_sweep as run_sweep
    from obrelease.api.sweep_submission import SubmitReport as SubmitReport
    from obrelease.api.sweep_submission import submit_sweep as submit_sweep
    from obrelease.api.validate_documents import ValidationReport as ValidationReport
    from obrelease.api.validate_documents import validate as validate
    from obrelease.api.validate_documents import validate_run as validate_run
    from obrelease.api.verify_published import verify as verify
    from obrelease.recorder.engine_adapter import scenarios as scenarios
    from obrelease.recorder.repeat_simulation import RepeatedSimulation as RepeatedSimulation
    from obrelease.recorder.reproduce import Difference as Difference
    from obrelease.recorder.values_artefact import Latencies as Latencies
    from obrelease.recorder.values_artefact import Metric as Metric
    from obrelease.registry.entry import Entry as Entry
    from obrelease.release.publish.abort import AbortResult as AbortResult
    from obrelease.release.publish.publish_release import PublishResult as PublishResult
    from obrelease.release.verify.verify_release import VerifyResult as VerifyResult
    from obrelease.storage.reporter import Reporter as Reporter

_SOURCES: Final = {
    "AbortResult": "release.publish.abort:AbortResult",
    "AttestedResult": "api.attest_result:AttestedResult",
    "ChangeReport": "api.change_report:ChangeReport",
    "CollectReport": "api.sweep_collecting:CollectReport",
    "Comparison": "analysis.comparison.compare:Comparison",
    "ComparisonReport": "api.compare_runs:ComparisonReport",
    "CrateReport": "api.crate_export:CrateReport",
    "Difference": "recorder.reproduce:Difference",
    "Entry": "registry.entry:Entry",
    "ExportReport": "api.export_results:ExportReport",
    "GateReport": "api.gate_runs:GateReport",
    "HistoryGateReport": "api.history_gate:HistoryGateReport",
    "GateVerdict": "analysis.comparison.gate:GateVerdict",
    "GcReport": "api.collect_garbage:GcReport",
    "ImportReport": "api.import_report:ImportReport",
    "ImportedRun": "api.import_report:ImportedRun",
    "HistoryReport": "api.read_history:HistoryReport",
    "Latencies": "recorder.values_artefact:Latencies",
    "ListedRun": "api.list_runs:ListedRun",
    "Listing": "api.list_runs:Listing",
    "MeasureReport": "api.measure_command:MeasureReport",
    "MeasureRequest": "api.measure_request:MeasureRequest",
    "Metric": "recorder.values_artefact:Metric",
    "PlanReport": "api.sweep_planning:PlanReport",
    "Project": "api.project:Project",
    "PublishResult": "release.publish.publish_release:PublishResult",
    "QueryResult": "analytics.query_process:QueryResult",
    "Registry": "api.registry:Registry",
    "RepeatedSimulation": "recorder.repeat_simulation:RepeatedSimulation",
    "Reporter": "storage.reporter:Reporter",
    "ReproductionReport": "api.reproduce_run:ReproductionReport",
    "RunDetails": "api.run_details:RunDetails",
    "RunReport": "api.run_modes:RunReport",
    "RemoteListing": "api.shared_registry:RemoteListing",
    "SharedReport": "api.shared_registry:SharedReport",
    "SiteReport": "api.site_pages:SiteReport",
    "SubmitReport": "api.sweep_submission:SubmitReport",
    "SweepRunReport": "api.sweep_running:SweepRunReport",
    "SweepStatus": "api.sweep_progress:SweepStatus",
    "ValidationReport": "api.validate_documents:ValidationReport",
    "VerifyResult": "release.verify.verify_release:VerifyResult",
    "abort_publish": "api.publish_release:abort_publish",
    "attest_gate": "api.attest_result:attest_gate",
    "bench_against": "api.measure_against:bench_against",
    "build_report_file": "api.site_pages:build_report_file",
    "build_site": "api.site_pages:build_site",
    "bundle_runs": "api.publish_release:bundle_runs",
    "check_schemas": "api.json_schemas:check_schemas",
    "collect_sweep": "api.sweep_collecting:collect_sweep",
    "compare": "api.compare_runs:compare",
    "compare_within": "api.compare_runs:compare_within",
    "diagnose": "api.check_environment:diagnose",
    "export_crate": "api.crate_export:export_crate",
    "export_parquet": "api.export_results:export_parquet",
    "export_schemas": "api.json_schemas:export_schemas",
    "gate": "api.gate_runs:gate",
    "gate_history": "api.history_gate:gate_history",
    "add_remote": "api.settings_file:add_remote",
    "list_remote_runs": "api.shared_registry:list_remote_runs",
    "pull_runs": "api.shared_registry:pull_runs",
    "attach_to_run": "api.shared_releases:attach_to_run",
    "fetch_attachments": "api.shared_releases:fetch_attachments",
    "push_release_folder": "api.shared_releases:push_release_folder",
    "push_runs": "api.shared_registry:push_runs",
    "sync_runs": "api.shared_registry:sync_runs",
    "limits": "api.input_limits:limits",
    "import_format_titles": "api.import_files:import_format_titles",
    "import_formats": "api.import_files:import_formats",
    "import_results": "api.import_files:import_results",
    "history": "api.read_history:history",
    "measure": "api.measure_command:measure",
    "measure_requested": "api.measure_request:measure_requested",
    "parse_labels": "api.import_facts:parse_labels",
    "plan_sweep": "api.sweep_planning:plan_sweep",
    "publish": "api.publish_release:publish",
    "read_sweep_status": "api.sweep_progress:read_sweep_status",
    "run_sweep": "api.sweep_running:run_sweep",
    "query": "api.export_results:query",
    "read_listed_runs": "api.list_runs:read_listed_runs",
    "comment_on_pull_request": "api.change_report:comment_on_pull_request",
    "read_comment": "api.change_report:read_comment",
    "report_comparison": "api.change_report:report_comparison",
    "record": "api.record_values:record",
    "reproduce": "api.reproduce_run:reproduce",
    "plot_run": "api.run_pictures:plot_run",
    "next_comparison": "api.next_after_import:next_comparison",
    "require_plot_format": "api.plot_files:require_plot_format",
    "run_architectures": "api.run_modes:run_architectures",
    "run_bench": "api.run_modes:run_bench",
    "run_profile": "api.run_modes:run_profile",
    "run_replay": "api.run_modes:run_replay",
    "run_stress": "api.run_modes:run_stress",
    "scaffold": "api.set_up_project:scaffold",
    "scenarios": "recorder.engine_adapter:scenarios",
    "sort_key": "api.compare_runs:sort_key",
    "serve_site": "api.site_server:serve_site",
    "sort_runs": "api.sort_columns:sort_runs",
    "submit_sweep": "api.sweep_submission:submit_sweep",
    "tag_runs": "api.publish_release:tag_runs",
    "validate": "api.validate_documents:validate",
    "validate_run": "api.validate_documents:validate_run",
    "verify": "api.verify_published:verify",
}
"""`module:name` of each function and type, below this package's parent."""

__all__ = list(_SOURCES)


def __getattr__(name: str) -> object:
    """Load a name when it is first used (PEP 562)."""
    if name not in _SOURCES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _SOURCES[name].partition(":")
    value = getattr(import_module(f"obrelease.{module}"), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)

"""Collect: every run of the plan, read again from its first byte to its last."""

from __future__ import annotations

from dataclasses import replace

from obrelease.bundle.asset_names import RESULTS_FOLDER
from obrelease.bundle.writer import BundleSource
from obrelease.errors import IntegrityError, NotFound
from obrelease.models.artefact import ENVELOPE_NAME
from obrelease.models.manifest import ReleaseRun
from obrelease.models.plan import Plan
from obrelease.registry.entry import Entry
from obrelease.release.collected_run import CollectedRun
from obrelease.release.publish.source_provenance import require_origin
from obrelease.release.publish.staged_release import StagedRelease
from obrelease.release.publish.step import PublishContext
from obrelease.release.verify.run_checks import doubts, examined, require_proof
from obrelease.storage.hashing import digest_file


class Collect:
    """Re-hashes and re-validates the runs, and names their files for the bundle."""

    name = "collect"

    def skip(self, plan: Plan) -> str | None:
        """Never."""

    def run(self, plan: Plan, context: PublishContext, staged: StagedRelease) -> StagedRelease:
        """Read all runs of the plan.

        Raises:
            NotFound: the registry lacks a run.
            IntegrityError: bytes on the disk are not those that the envelope names, or the sources
                of a run not those of the commit that it names.
            InvalidInput: an envelope is malformed, or its numbers contradict each other.
            CheckFailed: a run failed to prove what it checked.
            Conflict: two runs of the same work gave different events.
            RemoteError: git failed.
        """
        known = {entry.digest: entry for entry in context.registry.find()}
        missing = [digest for digest in plan.runs if digest not in known]
        if missing:
            raise NotFound(f"run {missing[0]} is not in the results folder", hint="see `obrelease list`")
        entries = [known[digest] for digest in plan.runs]
        runs: list[CollectedRun] = []
        with context.reporter.progress("reading runs", sum(entry.size_bytes for entry in entries)) as advance:
            for entry in entries:
                runs.append(_collected(entry))
                advance(entry.size_bytes)
        require_proof(runs)
        for finding in require_origin(runs, context.repo):
            context.reporter.detail(finding)
        told = doubts(plan, runs)
        for doubt in told:
            context.reporter.warn(doubt)
        return replace(staged, runs=tuple(runs), doubts=told)


def _collected(entry: Entry) -> CollectedRun:
    inspection, artefact = examined(entry.folder, hint="run `obrelease validate` for all findings")
    digest, size = digest_file(entry.folder / ENVELOPE_NAME)
    if digest != entry.digest or inspection.digest != entry.digest:
        raise IntegrityError(f"{entry.folder}: its envelope changed while it was read")
    path = f"{RESULTS_FOLDER}/{entry.location}"
    files = [(file.path, file.size, file.sha256) for file in artefact.files]
    sources = tuple(
        BundleSource(f"{path}/{name}", entry.folder / name, size, sha256)
        for name, size, sha256 in [(ENVELOPE_NAME, size, digest), *files]
    )
    facts = ReleaseRun(
        digest=digest,
        kind=artefact.kind,
        scenario=artefact.scenario,
        path=path,
        events_digest=artefact.outcome.events_digest if artefact.outcome else None,
    )
    return CollectedRun(facts, artefact, entry.folder, sources)

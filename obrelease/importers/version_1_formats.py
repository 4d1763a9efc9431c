"""The four formats as version 1 imported them: `validate` compares such runs with their originals.

New imports are read by `formats`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from obrelease.importers.google_benchmark_v1 import import_google_benchmark
from obrelease.importers.hlog_v1 import import_hlog
from obrelease.importers.hyperfine_v1 import import_hyperfine
from obrelease.importers.pytest_benchmark_v1 import import_pytest_benchmark
from obrelease.importers.version_1_import import ImportRequest
from obrelease.models.artefact_draft import ArtefactDraft

IMPORTERS: Final[Mapping[str, Callable[[ImportRequest], ArtefactDraft]]] = {
    "google-benchmark": import_google_benchmark,
    "pytest-benchmark": import_pytest_benchmark,
    "hyperfine": import_hyperfine,
    "hlog": import_hlog,
}

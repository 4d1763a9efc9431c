"""The host of a run in the text of `obrelease show`: only the facts that were recorded."""

from __future__ import annotations

import pytest

from obrelease.cli.rendering.run_details import host_text
from obrelease.importers.imported_artefact import UNKNOWN_HOST
from obrelease.models.artefact import StableHost


@pytest.mark.parametrize(
    ("host", "text"),
    [
        (UNKNOWN_HOST, "not recorded"),
        (UNKNOWN_HOST.model_copy(update={"cpu_count": 4}), "4 CPUs"),
        (
            StableHost(system="Linux", machine="x86_64", cpu_model="a cpu", cpu_count=2, python="3.11.2"),
            "Linux x86_64, a cpu, 2 CPUs, Python 3.11.2",
        ),
    ],
)
def test_unknown_facts_are_left_out(host: StableHost, text: str) -> None:
    assert host_text(host) == text

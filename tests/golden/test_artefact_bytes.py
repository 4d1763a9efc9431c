"""The stored form of an artefact: these bytes are published, so they never change unnoticed."""

from __future__ import annotations

from pathlib import Path

from obrelease.models.validation import document_bytes
from obrelease.registry.store import Registry
from obrelease.storage.hashing import digest_bytes
from tests.drafts import draft, run_files

ENVELOPE = (
    b'{"command":["obrelease","run","bench"],"created_ns":"1700000000000000000","files":[],'
    b'"format":"obrelease.artefact","histograms":[],"host":{"stable":{"compiler":null,"cpu_count":2,'
    b'"cpu_model":"a cpu","libraries":{},"machine":"x86_64","python":"3.11.2","system":"Linux"},'
    b'"volatile":{"cpu_khz":null,"kernel":null,"load_1m_milli":250,"memory_available_bytes":null}},'
    b'"kind":"bench","measurements":[{"name":"pass-wall","samples":[2000000,1000000,4000000],'
    b'"unit":"ns"}],"outcome":{"checks":[{"counts":{},"detail":"","name":"passes-agree",'
    b'"passed":true}],"counts":{"traded":10},"events":2500,'
    b'"events_digest":"3434343434343434343434343434343434343434343434343434343434343434",'
    b'"state_digest":"5656565656565656565656565656565656565656565656565656565656565656"},'
    b'"parameters":{"core":"reference","passes":3,"ratio":0.5,"warm":true},'
    b'"producer":{"commit":"abababababababababababababababababababab","core_digest":null,"dirty":false,'
    b'"name":"obrelease","sources_digest":null,"version":"0.9.0b0"},"scenario":"baseline","version":1,'
    b'"workload":{"commands_digest":"1212121212121212121212121212121212121212121212121212121212121212",'
    b'"messages":2000,"name":"flow","seed":"0","source":null,"version":1}}'
)
RECORDED_DIGEST = "c433322bcd7ac37a66ee6fc2e438aca8282bd9c2fb9b9b8a508722f60fea5c2e"


def test_an_envelope_has_these_bytes() -> None:
    assert document_bytes(draft()) == ENVELOPE


def test_a_recorded_run_has_this_digest(tmp_path: Path) -> None:
    entry = Registry(tmp_path).record(draft(), run_files())
    assert entry.digest == RECORDED_DIGEST
    assert digest_bytes((entry.folder / "artefact.json").read_bytes()) == RECORDED_DIGEST

"""The stored form of an artefact: these bytes are published, so they never change unnoticed."""

from __future__ import annotations

from pathlib import Path

from obrelease.models.artefact import (
    Artefact,
    Label,
    LeftOutRow,
    RecordedMetric,
    RecordedSummary,
    own_series,
)
from obrelease.models.metric_identity import metric_id
from obrelease.models.validation import check_document, document_bytes, read_document
from obrelease.registry.check_folder import check_folder
from obrelease.registry.store import Registry
from obrelease.storage.hashing import digest_bytes
from tests.drafts import draft, histogram_ref, record_version_1, run_files, version_1_draft

VERSION_1 = (
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
VERSION_1_DIGEST = "c433322bcd7ac37a66ee6fc2e438aca8282bd9c2fb9b9b8a508722f60fea5c2e"
VERSION_2 = (
    b'{"command":["obrelease","run","bench"],"created_ns":"1700000000000000000","files":[],"format":"o'
    b'brelease.artefact","histograms":[],"host":{"name":null,"stable":{"compiler":null,"cpu_count":2,"'
    b'cpu_model":"a cpu","libraries":{},"machine":"x86_64","python":"3.11.2","system":"Linux"},"volati'
    b'le":{"cpu_khz":null,"kernel":null,"load_1m_milli":250,"memory_available_bytes":null}},"kind":"be'
    b'nch","labels":{},"left_out":[],"metrics":[{"direction":"lower","id":"pass-wall","name":"pass-wal'
    b'l","primary":true,"samples":[2000000,1000000,4000000],"unit":"ns"}],"outcome":{"checks":[{"count'
    b's":{},"detail":"","name":"passes-agree","passed":true}],"counts":{"traded":10},"events":2500,"ev'
    b'ents_digest":"3434343434343434343434343434343434343434343434343434343434343434","state_digest":"'
    b'5656565656565656565656565656565656565656565656565656565656565656"},"parameters":{"core":"referen'
    b'ce","passes":3,"ratio":0.5,"warm":true},"producer":{"commit":"ababababababababababababababababab'
    b'ababab","core_digest":null,"dirty":false,"name":"obrelease","sources_digest":null,"version":"0.9'
    b'.0b0"},"scenario":"baseline","sources":{"commit":"machine","created":"machine","host":"machine"}'
    b',"title":"baseline","version":2,"workload":{"commands_digest":"121212121212121212121212121212121'
    b'2121212121212121212121212121212","messages":2000,"name":"flow","seed":"0","source":null,"version'
    b'":1}}'
)
RECORDED_DIGEST = "77674405c91698e25f087416a525a69b2ca1785099f06018a00e1dcacb6fe773"


PARTS_OF_VERSION_2 = (
    b'"histograms":[{"clock":"service","count":3,"id":"latency","out_of_range":0,"path":"latency.hlog",'
    b'"significant_digits":3,"tag":"latency","unit":"ns"}]',
    b'"labels":{"compiler flags":{"source":"file","value":"-O2"}}',
    b'"left_out":[{"name":"BM_Broken","reason":"failed"}]',
    b'"metrics":[{"direction":"lower","id":"bm_put-001d97a86666","name":"BM_Put","primary":true,"samples":[1,2.5],"unit":"ns"}',
    b'{"direction":"higher","group":"g","id":"bm-int-cdca0e05ae09","name":"BM<int>","parameters":{"threads":8},'
    b'"primary":false,"summary":{"count":3,"figures":{"p90":6.5},"statistic":"mean","value":5},"unit":"1/s"}',
    b'{"histogram":"latency","id":"long","name":"long","primary":true,"unit":"ns"}]',
    '"title":"My <Service> \u0394","version":2'.encode(),
)


def test_an_envelope_has_these_bytes() -> None:
    assert document_bytes(draft()) == VERSION_2


def test_a_recorded_run_has_this_digest(tmp_path: Path) -> None:
    entry = Registry(tmp_path).record(draft(), run_files())
    assert entry.digest == RECORDED_DIGEST
    assert digest_bytes((entry.folder / "artefact.json").read_bytes()) == RECORDED_DIGEST


def test_a_metric_of_each_form_has_these_bytes() -> None:
    threads = {"threads": 8}
    made = draft(
        kind="imported",
        title="My <Service> \u0394",
        workload=None,
        outcome=None,
        labels={"compiler flags": Label(value="-O2", source="file")},
        metrics=(
            own_series("BM_Put", "ns", (1.0, 2.5)),
            RecordedMetric(
                id=metric_id("BM<int>", threads),
                name="BM<int>",
                unit="1/s",
                direction="higher",
                parameters=threads,
                group="g",
                primary=False,
                summary=RecordedSummary(value=5, statistic="mean", count=3, figures={"p90": 6.5}),
            ),
            RecordedMetric(id="long", name="long", unit="ns", histogram="latency"),
        ),
        histograms=(histogram_ref(),),
        left_out=(LeftOutRow(name="BM_Broken", reason="failed"),),
    )
    document = document_bytes(made)
    for part in PARTS_OF_VERSION_2:
        assert part in document


def test_an_envelope_of_version_1_has_these_bytes_and_is_read_as_the_same_run() -> None:
    assert document_bytes(version_1_draft()) == VERSION_1
    assert check_document(VERSION_1, "artefact.json")[1] == ()
    upgraded = read_document(VERSION_1, Artefact, "artefact.json")
    assert upgraded.model_dump() == draft().model_dump()
    assert (upgraded.stored_version, draft().stored_version) == (1, 2)


def test_a_run_of_version_1_keeps_its_digest_when_it_is_read(tmp_path: Path) -> None:
    folder = record_version_1(tmp_path, version_1_draft(), run_files())
    registry = Registry(tmp_path)
    (entry,) = registry.find()
    assert (entry.digest, entry.folder) == (VERSION_1_DIGEST, folder)
    assert registry.load(entry).stored_version == 1
    assert check_folder(folder).problems == ()
    assert digest_bytes((folder / "artefact.json").read_bytes()) == VERSION_1_DIGEST

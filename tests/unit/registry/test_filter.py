"""The filter language: each key, each refusal; and the index answers what `Filter.accepts` defines."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obrelease.errors import ExitCode, UsageError
from obrelease.models.artefact import Check, Label, Outcome, Producer, Workload, own_series
from obrelease.registry.entry import Entry
from obrelease.registry.filter import FILTER_KEYS, Filter, parse_filter
from obrelease.registry.index import directory_stamps
from obrelease.registry.store import Registry
from obrelease.storage import durable
from obrelease.storage.durable import NewFile
from tests.drafts import draft, histogram_ref

DAY_NS = 86_400 * 10**9


class TestParsing:
    def test_every_key(self) -> None:
        words = (
            "kind=bench scenario=x100 core=native workload=x100 digest=ABC.. commit=1c9f events=79067c.. "
            "since=2026-10-01 until=2026-10-02T12:00:00+02:00 dirty=no "
            "checks=failed title=sort* host=lab-7 metric=BM_Put"
        )
        found = parse_filter(*words.split()[:3], " ".join(words.split()[3:]))
        since = 1_790_812_800 * 10**9
        assert found == Filter(
            kind="bench", scenario="x100", core="native", workload="x100", digest="abc", commit="1c9f",
            events_digest="79067c", since_ns=since, until_ns=since + DAY_NS + 10 * 3_600 * 10**9, dirty=False,
            checks="failed", title="sort*", host="lab-7", metric="BM_Put",
        )  # fmt: skip
        assert {word.partition("=")[0] for word in words.split()} == set(FILTER_KEYS)

    def test_no_words_are_an_empty_filter(self) -> None:
        assert parse_filter() == parse_filter("", " ") == Filter()

    @pytest.mark.parametrize(
        ("value", "dirty"),
        [("yes", True), ("true", True), ("True", True), ("no", False), ("false", False), ("False", False)],
    )
    def test_dirty_accepts_yes_no_and_booleans(self, value: str, dirty: bool) -> None:
        assert parse_filter(f"dirty={value}").dirty is dirty

    def test_nanoseconds_are_a_time(self) -> None:
        assert parse_filter("since=1700000000000000001").since_ns == 1_700_000_000_000_000_001

    @pytest.mark.parametrize(
        "word",
        [
            "kind", "kind=", "colour=red",
            "=x", "commit=xyz", "commit=..", "digest=" + "a" * 65, "since=soon",
            "since=2026-13-01",
            "since=1600", "until=99999999999999999999999x", "dirty=maybe", "kind=a kind=b",
            "core=" + "n" * 5_000, "events=%", "checks=0", "checks=FAILED", "core=\udcff",
        ],
    )  # fmt: skip
    def test_invalid_filters_are_usage_errors(self, word: str) -> None:
        with pytest.raises(UsageError) as caught:
            parse_filter(word)
        assert caught.value.exit_code == ExitCode.USAGE

    @given(st.text(st.characters(), max_size=60))
    def test_any_text_is_a_filter_or_a_usage_error(self, text: str) -> None:
        """Rule: nothing that a person types leaves the error tree."""
        try:
            parse_filter(text)
        except UsageError:
            return
        quoted = any(quote in text for quote in "'\"")
        keys = {word.partition("=")[0] for word in ([] if quoted else text.split())}
        assert all(key in FILTER_KEYS or key.startswith("label.") for key in keys)

    def test_labels_and_values_with_blanks(self) -> None:
        found = parse_filter("label.compiler=clang-19 label.lto=true", "title='My Service'", 'host="a b"')
        assert found.labels == (("compiler", "clang-19"), ("lto", "true"))
        assert (found.title, found.host) == ("My Service", "a b")
        assert str(found) == "title=My Service host=a b label.compiler=clang-19 label.lto=true"
        with pytest.raises(UsageError, match="given twice"):
            parse_filter("label.a=1 label.a=2")
        for word in ("label.=1", "label.a=", "title='open"):
            with pytest.raises(UsageError):
                parse_filter(word)


class TestEnvelopes:
    @pytest.mark.parametrize(
        ("words", "count"),
        [
            ("label.compiler=clang-19", 1), ("label.compiler=clang-*", 1), ("label.lto=true", 1),
            ("label.none=x", 0), ("host=lab-7", 1), ("host=lab-*", 1), ("host=LAB-7", 0), ("title=My*", 1),
            ("title='My Service'", 1),
            ("metric='a < b'", 1), ("metric=test[<]", 1), ("metric=pass-*", 2), ("metric=latency", 1),
            ("kind=bench metric=test[<] label.lto=true", 1), ("kind=stress label.lto=true", 0),
        ],
    )  # fmt: skip
    def test_runs_are_found_by_title_host_label_and_metric(
        self, tmp_path: Path, words: str, count: int
    ) -> None:
        labels = {"compiler": Label(value="clang-19", source="file"), "lto": Label(value=True, source="user")}
        names = ("a < b", "test[<]", "pass-wall")
        registry = Registry(tmp_path)
        host = draft().host.model_copy(update={"name": "lab-7"})
        metrics = tuple(own_series(name, "ns", (1,)) for name in names)
        registry.record(draft(1, title="My Service", host=host, labels=labels, metrics=metrics), [])
        registry.record(
            draft(2, histograms=(histogram_ref(),)), [NewFile("latency.hlog", "text/plain", b"x")]
        )
        where = parse_filter(words)
        assert len(registry.find(where)) == count
        assert len(registry.find(where, limit=1)) == min(count, 1)


COMMITS = (None, "ab" * 20, "abcd" * 10, "cd" * 20)
EVENTS = (None, "34" * 32, "35" * 32, "3" * 64)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """Sixty runs that differ in everything a filter can ask."""
    made = Registry(tmp_path_factory.mktemp("filtered") / "results")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(durable.os, "fsync", lambda _: None)
        for number in range(60):
            events = EVENTS[number % 4]
            name = ("flow", "tape")[number % 2]
            workload = Workload(name=name, version=1, messages=number, commands_digest="12" * 32)
            checks = tuple(Check(name=f"c{at}", passed=at != number % 9) for at in range(number % 5))
            outcome = events and Outcome(
                events=1, events_digest=events, state_digest="56" * 32, checks=checks
            )
            made.record(
                draft(
                    created_ns=str(10**18 + number // 2 * DAY_NS),
                    kind=("bench", "stress", "replay")[number % 3],
                    scenario=("x10", "x100", "%", "x_0")[number % 4].replace("%", "x1000"),
                    parameters={"core": ("native", "reference")[number // 3 % 2]} if number % 5 else {},
                    producer=Producer(
                        name="p",
                        version="1",
                        commit=COMMITS[number // 4 % 4],
                        dirty=(None, True, False)[number % 3],
                    ),
                    workload=workload if number % 7 else None,
                    outcome=outcome,
                ),
                [],
            )  # fmt: skip
    return made


def optional(*values: str) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(values)


instants = st.none() | st.integers(0, 40).map(lambda day: 10**18 + day * DAY_NS) | st.sampled_from([0, 2**64])
filters = st.builds(
    Filter,
    kind=optional("bench", "stress", "imported"),
    scenario=optional("x10", "x100", "x_0", "none"),
    core=optional("native", "reference", "other"),
    digest=optional("0", "a", "ab", "ffff"),
    commit=optional("a", "ab", "abab", "abcd", "cd" * 20, "e"),
    events_digest=optional("3", "34", "33", "3" * 64, "f"),
    workload=optional("flow", "tape"),
    since_ns=instants,
    until_ns=instants,
    dirty=st.none() | st.booleans(),
    checks=optional("passed", "failed"),
)


@pytest.mark.parametrize("settled", [True, False])
@settings(max_examples=60)
@given(where=filters, limit=st.none() | st.integers(0, 10))
def test_the_index_agrees_with_the_definition_of_filters(
    registry: Registry, settled: bool, where: Filter, limit: int | None
) -> None:
    """Rule: indexed or not, whatever the limit, an answer is `accepts` over every run, newest first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(directory_stamps, "SETTLE_NS", -(10**18) if settled else 10**18)
        if settled:
            registry.find()
        else:
            (registry.root / ".index.sqlite").unlink(missing_ok=True)
        everything = sorted(registry.find(Filter()), key=newest_first)
        assert len(everything) == 60
        expected = [entry for entry in everything if where.accepts(entry)][:limit]
        assert list(registry.find(where, limit=limit)) == expected


def newest_first(entry: Entry) -> tuple[int, str, str]:
    return -entry.created_ns, entry.digest, entry.location


def test_an_empty_folder_has_no_runs() -> None:
    with tempfile.TemporaryDirectory() as made:
        assert Registry(Path(made)).find(Filter(commit="ab")) == ()
        assert Registry(Path(made) / "absent").find(Filter()) == ()

"""Building pages: the same bytes for the same runs, old pages removed, folders of others left alone."""

from __future__ import annotations

import html
import http.client
import re
import threading
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from obrelease import Metric, publish, record
from obrelease.analysis.kinds.profile.flame_graph import flame_graph
from obrelease.api.project import Project
from obrelease.api.site_pages import build_report_file, build_site
from obrelease.cli.app import execute
from obrelease.errors import Inconclusive, IntegrityError, NotFound, UsageError
from obrelease.registry.filter import parse_filter
from obrelease.registry.store import Registry
from obrelease.site import assets
from obrelease.site.flame_data import flame_boxes
from obrelease.site.templating import script_data
from tests.site.made_up_site import PAYLOADS, fill, fill_bridged, fill_latencies, fill_profile
from tests.unit.release.project import git


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    fill(Registry(tmp_path / "results"), runs=14, step_at=99)
    return Project.at(tmp_path, name="demo")


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_runs_give_the_same_bytes(project: Project, tmp_path: Path) -> None:
    first = build_site(tmp_path / "one", project=project)
    (tmp_path / "home").rename(tmp_path / "old-home")
    build_site(tmp_path / "two", project=project)
    assert content(tmp_path / "one") == content(tmp_path / "two")
    assert (first.histories, first.runs) == (6, 14)


def test_no_page_loads_anything(project: Project, tmp_path: Path) -> None:
    build_site(tmp_path / "site", project=project)
    for name, data in content(tmp_path / "site").items():
        if name.endswith(".html"):
            text = data.decode()
            assert "default-src 'none'" in text
            assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", text), name


def test_a_script_is_allowed_by_its_digest_alone(project: Project, tmp_path: Path) -> None:
    build_site(tmp_path / "site", project=project)
    page = html.unescape((tmp_path / "site/index.html").read_text("utf-8"))
    assert f"script-src {assets.overview_script().policy}" in page
    assert "unsafe" not in page.partition("</head>")[0]


def test_pages_of_runs_that_are_gone_are_removed(project: Project, tmp_path: Path) -> None:
    build_site(tmp_path / "site", project=project)
    before = set(content(tmp_path / "site"))
    entry = Registry(tmp_path / "results").find(limit=1)[0]
    (entry.folder / "artefact.json").unlink()
    entry.folder.rmdir()
    build_site(tmp_path / "site", project=project)
    assert before - set(content(tmp_path / "site")) == {f"runs/{entry.digest[:12]}.html"}


def test_a_folder_with_other_files_is_left_alone(project: Project, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/index.html").write_text("mine")
    with pytest.raises(UsageError, match="something else"):
        build_site(tmp_path / "site", project=project)
    assert content(tmp_path / "site") == {"index.html": b"mine"}


@pytest.mark.parametrize("name", ["index.html", "licences.txt"])
def test_a_page_replaces_a_link_of_its_name(project: Project, tmp_path: Path, name: str) -> None:
    built = build_site(tmp_path / "site", project=project).pages
    victim, page = tmp_path / "victim", tmp_path / "site" / name
    expected = page.read_bytes()
    victim.write_bytes(b"kept")
    page.unlink()
    page.symlink_to(victim)
    assert build_site(tmp_path / "site", project=project).pages == built
    assert (victim.read_bytes(), page.read_bytes(), page.is_symlink()) == (b"kept", expected, False)


@pytest.mark.parametrize("name", ["compare", "histories", "runs"])
def test_a_linked_folder_of_a_site_is_refused_and_nothing_in_it_is_changed(
    project: Project, tmp_path: Path, name: str
) -> None:
    build_site(tmp_path / "site", project=project)
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / "site" / name).mkdir(exist_ok=True)
    (tmp_path / "site" / name).rename(elsewhere)
    (tmp_path / "site" / name).symlink_to(elsewhere)
    (elsewhere / "kept.html").write_bytes(b"kept")
    before = content(tmp_path)
    with pytest.raises(UsageError, match=f"{name}: is a symbolic link"):
        build_site(tmp_path / "site", project=project)
    assert content(tmp_path) == before


def test_a_registry_without_runs_has_no_pages(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    with pytest.raises(NotFound):
        build_site(tmp_path / "site", project=Project.at(tmp_path))
    assert not (tmp_path / "site").exists()


def test_a_damaged_run_is_named_and_left_out(project: Project, tmp_path: Path) -> None:
    entry = Registry(tmp_path / "results").find(limit=1)[0]
    data = (entry.folder / "artefact.json").read_bytes()
    (entry.folder / "artefact.json").write_bytes(data.replace(b'"demo"', b'"dem0"'))
    report = build_site(tmp_path / "site", project=project)
    assert any(entry.location in line for line in report.unreadable)


def test_data_in_a_page_cannot_end_its_block() -> None:
    text = script_data({"name": list(PAYLOADS)})
    assert "<" not in text
    assert ">" not in text


def test_another_uplot_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "_SCRIPT", ("uplot/static/uPlot.iife.js", "0" * 64))
    assets.chart_script.cache_clear()
    with pytest.raises(IntegrityError, match=r"uPlot\.iife\.js"):
        assets.chart_script()
    assets.chart_script.cache_clear()


def test_the_licence_of_uplot_is_beside_the_pages() -> None:
    assert "Leon Sorokin" in assets.licences()
    assert "WITHOUT WARRANTY" in assets.licences()


def test_the_command_prints_the_page(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert execute(["site", "build", "--to", "pages"]) == 0
    assert capfd.readouterr().out == "pages/index.html\n"


def test_serving_answers_on_this_machine_for_its_own_name_alone(project: Project) -> None:
    from obrelease.api.site_server import serve_site

    addresses: list[str] = []
    ready = threading.Event()

    def note(address: str) -> None:
        addresses.append(address)
        ready.set()

    thread = threading.Thread(
        target=serve_site, kwargs={"project": project, "port": 0, "ready": note}, daemon=True
    )
    thread.start()
    assert ready.wait(60)
    with urllib.request.urlopen(addresses[0]) as answer:
        assert b"<h1>Histories</h1>" in answer.read()
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(addresses[0]).port or 0)
    connection.request("GET", "/", headers={"Host": "evil.example:80"})
    assert connection.getresponse().status == 403
    connection.close()


def test_a_comparison_has_a_page_that_the_overview_links(project: Project, tmp_path: Path) -> None:
    base, head = fill_latencies(Registry(tmp_path / "results"))
    build_site(tmp_path / "site", project=project, compare=[(base, head)])
    (page,) = (tmp_path / "site/compare").iterdir()
    text = page.read_text("utf-8")
    assert f'href="compare/{page.name}"' in (tmp_path / "site/index.html").read_text("utf-8")
    assert 'aria-label="ratio 1.3' in text
    assert f'href="../runs/{head[:12]}.html"' in text
    assert text.count('class="curve base"') == text.count('class="curve head"') == 5
    build_site(tmp_path / "site", project=project)
    assert not page.exists()


def test_sides_that_do_not_compare_leave_no_folder(project: Project, tmp_path: Path) -> None:
    base, _ = fill_latencies(Registry(tmp_path / "results"))
    other = Registry(tmp_path / "results").find(parse_filter("kind=imported"))[0].digest
    with pytest.raises(Inconclusive):
        build_site(tmp_path / "site", project=project, compare=[(base, other)])
    assert not (tmp_path / "site").exists()


def test_the_report_is_one_file_with_the_same_bytes(project: Project, tmp_path: Path) -> None:
    sides = fill_latencies(Registry(tmp_path / "results"))
    for name in ("one.html", "two.html"):
        build_report_file(tmp_path / name, project=project, compare=[sides])
    text = (tmp_path / "one.html").read_text("utf-8")
    assert text == (tmp_path / "two.html").read_text("utf-8")
    assert "default-src 'none'" in text
    targets = set(re.findall(r'href="#([^"]+)"', text))
    assert targets <= set(re.findall(r' id="([^"]+)"', text))
    assert not re.findall(r'(?:href|src)="[^#]', text)
    assert all(entry.digest in text for entry in Registry(tmp_path / "results").find())


def test_the_report_is_a_page(project: Project, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"not an \.html file"):
        build_report_file(tmp_path / "report.txt", project=project)


def test_the_command_compares_and_writes_the_report(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    sides = fill_latencies(Registry(tmp_path / "results"))
    monkeypatch.chdir(tmp_path)
    assert execute(["site", "build", "--single", "report.html", "--compare", *sides]) == 0
    assert capfd.readouterr().out == "report.html\n"
    assert 'id="comparisons"' in (tmp_path / "report.html").read_text("utf-8")
    assert not (tmp_path / "site").exists()


def test_a_flame_graph_is_read_from_the_listed_file_alone(project: Project, tmp_path: Path) -> None:
    digest = fill_profile(Registry(tmp_path / "results"))
    page = tmp_path / f"site/runs/{digest[:12]}.html"
    build_site(tmp_path / "site", project=project)
    assert 'id="flame-data"' in page.read_text("utf-8")
    folder = Registry(tmp_path / "results").resolve(digest).folder
    svg = (folder / "flame.svg").read_bytes()
    (folder / "flame.svg").write_bytes(svg.replace(b">main: ", b">Main: "))
    build_site(tmp_path / "site", project=project)
    assert 'id="flame-data"' not in page.read_text("utf-8")


def test_boxes_are_those_of_the_flame_graph() -> None:
    svg = flame_graph({("a", "<b>"): 3_000_000, ("a",): 1_000_000}, title="t")
    assert flame_boxes(svg) == [["a", 0, 799_500, 0, 4_000], ["<b>", 0, 599_500, 1, 3_000]]
    assert flame_boxes(b"<svg><g><title>other</title></g></svg>") == []


def test_a_bridge_is_marked_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    fill_bridged(Registry(tmp_path / "results"), runs=40, upgrade_at=20, anchor=15)
    project = Project.at(tmp_path, name="demo")
    build_site(tmp_path / "site", project=project)
    build_report_file(tmp_path / "report.html", project=project)
    (page,) = (each.read_text("utf-8") for each in (tmp_path / "site/histories").glob("*.html"))
    assert '"breaks":[],"bridges":[20]' in page
    assert "No change point was found." in page
    assert "no change found (bridged)" in (tmp_path / "site/index.html").read_text("utf-8")
    for text in (page, (tmp_path / "report.html").read_text("utf-8")):
        assert re.search(r"<p>Bridged at 141414141: 1\.2\d\dx \(1\.\d+ to 1\.\d+\) is of gcc 13, not", text)
        assert "4 runs measured a commit again" in text


def test_releases_have_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    root = tmp_path / "repo"
    root.mkdir()
    git(root, "init", "--quiet")
    run = record("s", producer="p", version="1", metrics=[Metric("m", "ms", [1])], registry=root / "results")
    git(root, "add", "results/imported")
    git(root, "commit", "--quiet", "--message", "made up")
    publish("v1.0", project=root)
    build_site(tmp_path / "site", project=root)
    page = (tmp_path / "site/releases.html").read_text("utf-8")
    assert 'href="releases.html"' in (tmp_path / "site/index.html").read_text("utf-8")
    assert f'href="runs/{run.digest[:12]}.html"' in page
    assert git(root, "rev-parse", "v1.0^{commit}").strip() in page
    message = git(root, "cat-file", "tag", "v1.0")
    digests = re.findall(r"sha256:([0-9a-f]{64})", message)
    assert digests
    assert all(digest in page for digest in digests)
    git(root, "tag", "--delete", "v1.0")
    build_site(tmp_path / "site", project=root)
    assert not (tmp_path / "site/releases.html").exists()

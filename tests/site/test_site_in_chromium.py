"""The pages in a real Chromium, from a folder, without a network: drawn, used, accessible, inert."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from obrelease import Metric, publish, record
from obrelease.api.project import Project
from obrelease.api.site_pages import build_report_file, build_site
from obrelease.registry.store import Registry
from tests.site.browser import accessibility_problems, chromium, console_errors
from tests.site.made_up_site import PAYLOADS, fill, fill_latencies, fill_profile
from tests.unit.release.project import git

STEP_AT = 25


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(root / "home"))
        fill(Registry(root / "results"), runs=40, step_at=STEP_AT)
        sides = fill_latencies(Registry(root / "results"))
        (root / "latencies").write_text(",".join(sides))
        fill_profile(Registry(root / "results"))
        project = Project.at(root, name="demo")
        build_site(root / "site", project=project, compare=[sides])
        build_report_file(root / "site/report.html", project=project, compare=[sides])
        yield root / "site"


@pytest.fixture(scope="module")
def site_with_releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("released")
    git(root, "init", "--quiet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(root.parent / "home"))
        for number in (1, 2):
            metric = Metric("m", "ms", [number])
            record(f"s{number}", producer="p", version="1", metrics=[metric], registry=root / "results")
            git(root, "add", "results/imported")
            git(root, "commit", "--quiet", "--message", f"made up {number}")
            publish(f"v0.{number}.0", project=root)
        build_site(root.parent / "site", project=root)
    return root.parent / "site"


@pytest.fixture(scope="module")
def latencies(site: Path) -> list[str]:
    """The digests of the runs with latencies, oldest first."""
    return (site.parent / "latencies").read_text().split(",")


@pytest.fixture(scope="module")
def driver() -> Iterator[webdriver.Chrome]:
    with chromium() as opened:
        yield opened


def page_of(driver: webdriver.Chrome, site: Path, metric: str) -> None:
    """Open the history of a metric by a click on its card."""
    driver.get((site / "index.html").as_uri())
    next(card for card in driver.find_elements(By.CSS_SELECTOR, ".card a") if metric in card.text).click()


def opened(driver: webdriver.Chrome, site: Path, path: str) -> None:
    driver.get((site / path).as_uri())


def test_every_kind_of_page_opens_without_a_message(driver: webdriver.Chrome, site: Path) -> None:
    run = next(path for path in sorted((site / "runs").iterdir()) if path.name != "index.html")
    history = min((site / "histories").iterdir())
    for path in (
        "index.html",
        "runs/index.html",
        special(site, "comparison"),
        f"runs/{run.name}",
        f"histories/{history.name}",
    ):
        opened(driver, site, path)
        assert driver.find_elements(By.TAG_NAME, "h1"), path
        assert console_errors(driver) == [], path


def test_the_most_changed_history_is_first_and_says_so(driver: webdriver.Chrome, site: Path) -> None:
    opened(driver, site, "index.html")
    first = driver.find_element(By.CSS_SELECTOR, ".card")
    assert "BM_Match" in first.text
    assert "▲ worse 1.1" in first.text


def test_filters_hide_cards_and_are_kept_in_the_address(driver: webdriver.Chrome, site: Path) -> None:
    opened(driver, site, "index.html")
    driver.find_element(By.ID, "filter-text").send_keys("bm_put")
    shown = [card for card in driver.find_elements(By.CSS_SELECTOR, ".card") if card.is_displayed()]
    assert ["BM_Put" in card.text for card in shown] == [True]
    address = driver.current_url
    assert "q=bm_put" in address
    driver.get("about:blank")
    driver.get(address)
    assert len([card for card in driver.find_elements(By.CSS_SELECTOR, ".card") if card.is_displayed()]) == 1
    driver.find_element(By.ID, "filter-text").send_keys(Keys.CONTROL, "a", Keys.DELETE)
    driver.find_element(By.ID, "filter-changed").click()
    shown = [card for card in driver.find_elements(By.CSS_SELECTOR, ".card") if card.is_displayed()]
    assert ["BM_Match" in card.text for card in shown] == [True]


def test_cards_are_filtered_by_a_label_of_their_runs(driver: webdriver.Chrome, site: Path) -> None:
    opened(driver, site, "index.html")
    options = {each.text: each for each in driver.find_elements(By.CSS_SELECTOR, "#filter-label option")}
    assert next(iter(options)) == "all"
    assert "suite=nightly" in options
    assert f"<script>={PAYLOADS[0]}" in options
    assert not any(name.startswith("job=") for name in options)  # forty values
    options["suite=nightly"].click()
    cards = driver.find_elements(By.CSS_SELECTOR, ".card")
    shown = [card.text for card in cards if card.is_displayed()]
    assert 0 < len(shown) < len(cards)
    assert all("imported demo" in text for text in shown)
    address = driver.current_url
    driver.get("about:blank")
    driver.get(address)
    assert [
        card.text for card in driver.find_elements(By.CSS_SELECTOR, ".card") if card.is_displayed()
    ] == shown
    assert console_errors(driver) == []


def test_a_run_shows_its_passes_and_the_latencies_of_earlier_runs(
    driver: webdriver.Chrome, site: Path, latencies: list[str]
) -> None:
    opened(driver, site, f"runs/{latencies[7][:12]}.html")
    assert len(driver.find_elements(By.CSS_SELECTOR, ".passes circle")) == 6
    label = driver.find_element(By.CSS_SELECTOR, ".passes").get_attribute("aria-label")
    assert str(label).startswith("Throughput of 6 passes")
    assert len(driver.find_elements(By.CSS_SELECTOR, ".percentiles polyline")) == 4
    linked = driver.find_elements(By.CSS_SELECTOR, ".legend a")
    assert [each.text for each in linked] == [digest[:12] for digest in latencies[6:3:-1]]
    linked[0].click()
    assert latencies[6][:12] in driver.current_url
    assert console_errors(driver) == []
    opened(driver, site, f"runs/{latencies[0][:12]}.html")
    assert len(driver.find_elements(By.CSS_SELECTOR, ".percentiles polyline")) == 1


def test_the_badge_of_the_site_counts_open_regressions(driver: webdriver.Chrome, site: Path) -> None:
    opened(driver, site, "index.html")
    driver.find_element(By.LINK_TEXT, "Badge").click()
    badge = json.loads((site / "badge.json").read_bytes())
    assert badge == {"schemaVersion": 1, "label": "benchmarks", "message": "1 worse", "color": "red"}


def test_the_page_of_releases_leads_to_their_runs(driver: webdriver.Chrome, site_with_releases: Path) -> None:
    opened(driver, site_with_releases, "index.html")
    driver.find_element(By.LINK_TEXT, "Releases").click()
    assert [each.text for each in driver.find_elements(By.TAG_NAME, "h2")] == ["v0.2.0", "v0.1.0"]
    assert console_errors(driver) == []
    driver.find_element(By.LINK_TEXT, "v0.1.0").click()
    assert driver.current_url.endswith("#release-v0.1.0")
    driver.find_element(By.CSS_SELECTOR, "td a").click()
    assert "/runs/" in driver.current_url
    assert console_errors(driver) == []
    opened(driver, site_with_releases, "releases.html")
    assert accessibility_problems(driver) == []


def test_the_chart_is_drawn_and_zooms_by_buttons_and_keys(driver: webdriver.Chrome, site: Path) -> None:
    page_of(driver, site, "BM_Match")
    canvas = driver.find_element(By.CSS_SELECTOR, "#chart canvas")
    painted = driver.execute_script(
        "const c = arguments[0], d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        "let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0 ? 1 : 0; return n;",
        canvas,
    )
    assert painted > 2000
    driver.find_element(By.CSS_SELECTOR, "[data-act=in]").click()
    assert driver.current_url.endswith("#0a0a0a0a0..1d1d1d1d1")
    driver.find_element(By.ID, "chart").send_keys("0")
    assert "#" not in driver.current_url.removesuffix("#")
    assert console_errors(driver) == []


def test_an_address_with_a_range_opens_that_range(driver: webdriver.Chrome, site: Path) -> None:
    page_of(driver, site, "BM_Match")
    address = driver.current_url.partition("#")[0]
    driver.get("about:blank")
    driver.get(f"{address}#050505050..0f0f0f0f0")
    assert driver.current_url.endswith("#050505050..0f0f0f0f0")
    assert driver.execute_script("return document.getElementById('reading').textContent").startswith("commit")
    driver.get("about:blank")
    driver.get(f"{address}#@5..0f0f0f0f0")
    assert driver.current_url.endswith("#050505050..0f0f0f0f0")


def test_a_range_that_is_not_on_the_page_shows_all_and_says_so(driver: webdriver.Chrome, site: Path) -> None:
    page_of(driver, site, "BM_Match")
    address = driver.current_url.partition("#")[0]
    for unknown in ("ffffffff0..0f0f0f0f0", "@5..@4000"):
        driver.get("about:blank")
        driver.get(f"{address}#{unknown}")
        assert driver.find_element(By.ID, "reading").text == "The range of this address is not on this page."
    assert console_errors(driver) == []


def test_the_change_is_in_the_table_and_a_click_opens_the_run(driver: webdriver.Chrome, site: Path) -> None:
    page_of(driver, site, "BM_Match")
    row = driver.find_element(By.CSS_SELECTOR, "main table tbody tr")
    assert "▲ worse" in row.text
    canvas = driver.find_element(By.CSS_SELECTOR, "#chart .u-over")
    webdriver.ActionChains(driver).move_to_element(canvas).click().perform()
    assert "/runs/" in driver.current_url
    assert driver.find_element(By.TAG_NAME, "h1").text.startswith("imported demo")


def test_payloads_stay_text(driver: webdriver.Chrome, site: Path) -> None:
    for path in ("index.html", *(f"histories/{page.name}" for page in (site / "histories").iterdir())):
        opened(driver, site, path)
        assert driver.execute_script("return window.pwned") is None
        assert not driver.find_elements(By.CSS_SELECTOR, "img, iframe, object, [onerror], [onload]")
        assert console_errors(driver) == []
    opened(driver, site, "index.html")
    text = driver.find_element(By.TAG_NAME, "main").text
    assert all(payload[:12] in text for payload in PAYLOADS)


def special(site: Path, kind: str) -> str:
    """The path of a comparison, or of the run with a flame graph."""
    if kind == "comparison":
        return f"compare/{next((site / 'compare').iterdir()).name}"
    return next(f"runs/{page.name}" for page in (site / "runs").iterdir() if "flame-data" in page.read_text())


def test_only_changed_rows_of_a_comparison_are_shown_on_request(driver: webdriver.Chrome, site: Path) -> None:
    opened(driver, site, special(site, "comparison"))
    rows = driver.find_elements(By.CSS_SELECTOR, "tr[data-changed]")
    assert {row.get_attribute("data-changed") for row in rows} == {"yes", "no"}
    driver.find_element(By.ID, "filter-changed").click()
    assert all(row.is_displayed() == (row.get_attribute("data-changed") == "yes") for row in rows)
    driver.find_element(By.ID, "filter-text").send_keys("throughput")
    assert ["throughput" in row.text for row in rows if row.is_displayed()] == [True]
    assert driver.current_url.endswith("#q=throughput&changed=1")
    assert console_errors(driver) == []


def test_a_flame_graph_zooms_and_searches(driver: webdriver.Chrome, site: Path) -> None:
    def boxes() -> dict[str, float]:
        return {
            str(box.get_attribute("title")): float(box.size["width"])
            for box in driver.find_elements(By.CSS_SELECTOR, ".flame-box")
        }

    opened(driver, site, special(site, "flame"))
    graph = driver.find_element(By.ID, "flame")
    whole = boxes()
    main = max(whole, key=whole.__getitem__)
    assert main == "main: 100.0 ms, 100.0 %"
    match = next(name for name in whole if name.startswith("match: 80"))
    driver.find_element(By.CSS_SELECTOR, f'[title="{match}"]').click()
    assert boxes()[match] == pytest.approx(whole[main], abs=3)
    assert match in driver.find_element(By.ID, "flame-reading").text
    graph.send_keys(Keys.ESCAPE)
    assert boxes() == whole
    graph.send_keys(Keys.ARROW_UP, Keys.ENTER)
    assert boxes() != whole
    driver.find_element(By.ID, "flame-all").click()
    driver.find_element(By.ID, "flame-search").send_keys("MATCH")
    assert driver.find_element(By.ID, "flame-found").text == "2 found, 90.0 % of the time"
    assert driver.execute_script("return window.pwned") is None
    assert console_errors(driver) == []


def test_a_card_of_the_report_leads_to_its_section(driver: webdriver.Chrome, site: Path) -> None:
    opened(driver, site, "report.html")
    card = next(each for each in driver.find_elements(By.CSS_SELECTOR, ".card a") if "BM_Match" in each.text)
    card.click()
    section = driver.find_element(By.CSS_SELECTOR, driver.current_url[driver.current_url.index("#") :])
    assert "▲ worse" in section.text
    assert driver.execute_script("return window.pwned") is None
    assert console_errors(driver) == []


@pytest.mark.parametrize(
    "place", ["index.html", "runs/index.html", "report.html", "history", "run", "comparison", "flame"]
)
def test_axe_finds_nothing(driver: webdriver.Chrome, site: Path, place: str) -> None:
    if place == "history":
        page_of(driver, site, "BM_Match")
    elif place == "run":
        opened(driver, site, "runs/index.html")
        driver.find_element(By.CSS_SELECTOR, "td a").click()
    elif place in ("comparison", "flame"):
        opened(driver, site, special(site, place))
    else:
        opened(driver, site, place)
    assert accessibility_problems(driver) == []


def test_axe_finds_a_seeded_problem(driver: webdriver.Chrome, site: Path, tmp_path: Path) -> None:
    page = (site / "runs/index.html").read_text("utf-8").replace("<h1>", "<button></button><h1>")
    (tmp_path / "page.html").write_text(page, "utf-8")
    driver.get((tmp_path / "page.html").as_uri())
    assert [problem.partition(":")[0] for problem in accessibility_problems(driver)] == ["button-name"]


def test_a_phone_shows_no_sideways_scroll(site: Path) -> None:
    with chromium(width=500, height=800) as phone:
        for path in (
            "index.html",
            "report.html",
            special(site, "comparison"),
            special(site, "flame"),
            f"histories/{min((site / 'histories').iterdir()).name}",
        ):
            phone.get((site / path).as_uri())
            assert phone.execute_script(
                "return document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1"
            ), path

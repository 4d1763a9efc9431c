"""A real Chromium without a network, driven over the loopback."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

AXE = Path(__file__).resolve().parents[1] / "emulator/node_modules/axe-core/axe.min.js"


@contextmanager
def chromium(width: int = 1200, height: int = 900, *, dark: bool = False) -> Iterator[webdriver.Chrome]:
    """A browser whose every name resolves to nothing."""
    programs = {name: shutil.which(name) for name in ("chromium", "chromedriver")}
    missing = [name for name, path in programs.items() if path is None]
    assert not missing, f"install {missing}: .ci/run does"
    options = Options()
    options.binary_location = str(programs["chromium"])
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--window-size={width},{height}",
    ):
        options.add_argument(argument)
    if dark:
        options.add_argument("--force-dark-mode")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(programs["chromedriver"])))
    try:
        yield driver
    finally:
        driver.quit()


def console_errors(driver: webdriver.Chrome) -> list[str]:
    """What the page wrote to the console since the last call."""
    return [entry["message"] for entry in driver.get_log("browser")]


def accessibility_problems(driver: webdriver.Chrome) -> list[str]:
    """What axe-core finds wrong with the open page."""
    driver.execute_cdp_cmd("Page.setBypassCSP", {"enabled": True})
    driver.refresh()
    driver.execute_script(AXE.read_text("utf-8"))
    found: dict[str, Any] = driver.execute_async_script(
        "const done = arguments[arguments.length - 1]; axe.run().then(done);"
    )
    driver.execute_cdp_cmd("Page.setBypassCSP", {"enabled": False})
    return [
        f"{problem['id']}: {problem['help']}: {[node['html'][:120] for node in problem['nodes'][:3]]}"
        for problem in found["violations"]
    ]

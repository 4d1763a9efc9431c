"""Pages of many runs: how long they take to write, how large they are, and how fast Chromium draws them.

Runs are made up: imported results of two metrics, one commit each. The browser opens the files; `drawn` is
the time from the start of the navigation to the end of the first paint and of the page's script.
Needs chromium and chromedriver. usage: scripts/bench_site.py [--runs N] [--repeats N]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from obrelease.api.project import Project
from obrelease.api.site_pages import build_site
from obrelease.registry.store import Registry
from scripts.bench_figures import make_runs
from tests.site.browser import chromium

METRICS = 2
TIMES = (
    "const entry = performance.getEntriesByType('navigation')[0];"
    "const paint = performance.getEntriesByName('first-contentful-paint')[0];"
    "return [entry.domContentLoadedEventEnd, paint ? paint.startTime : 0];"
)


def main() -> None:
    """Build a site in a temporary folder and print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=10_000)
    options.add_argument("--repeats", type=int, default=5)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as top:
        os.environ["HOME"] = f"{top}/home"
        root = Path(top)
        make_runs(root / "results", given.runs, METRICS)
        Registry(root / "results").reindex()
        for what in ("built", "built again"):
            before, start = os.times(), time.perf_counter()
            build_site(root / "site", project=Project.at(root, name="demo"))
            wall, after = time.perf_counter() - start, os.times()
            print(f"{given.runs:,} runs {what}: {sum(after[:4]) - sum(before[:4]):.1f} s cpu, {wall:.1f} s")
        newest = min(
            (page for page in (root / "site/histories").iterdir() if "-" not in page.name),
            key=lambda page: page.name,
        )
        with chromium() as driver:
            for page in (root / "site/index.html", newest, root / "site/runs/index.html"):
                script, paint = [], []
                for _ in range(given.repeats):
                    driver.get(page.as_uri())
                    time.sleep(0.3)
                    loaded, painted = driver.execute_script(TIMES)
                    script.append(loaded)
                    paint.append(painted)
                name = str(page.relative_to(root / "site"))
                print(
                    f"{name:40s}{page.stat().st_size:>10,d} bytes, script done {min(script):.0f} ms"
                    f" (median {median(script):.0f}), first paint {min(paint):.0f} ms (median {median(paint):.0f})"
                )


if __name__ == "__main__":
    main()

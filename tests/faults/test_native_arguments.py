"""The compiled module's own interface: no argument crashes it, hangs it, or hangs a forked child."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.program import environment

FUZZ = """
import itertools, random, sys
import numpy as np
from obengine import _native as native
from obengine.api.messages import COMMAND
from obengine.api.errors import EngineError
from obengine.api.protocol import ENGINE, RESTING, RULE, SYMBOL

chance = random.Random(int(sys.argv[1]))
NUMBERS = (0, 1, 2, -1, 255, 2**16, 2**16 + 1, 2**31, 2**32, 2**62, 2**63, 2**64 - 1, 2**64, 1.5, None, "1")
EDGES = (0, 1, 2, -1, 2**31, 2**32, -2**32, 2**62, 2**63 - 1, -2**63, 9999999999, -9999999999)


def number():
    return chance.choice(NUMBERS)


def data():
    size = chance.choice((0, 1, 31, 32, 48, 64, 96, 4096, 4097))
    made = np.frombuffer(chance.randbytes(size), np.uint8).copy()
    shape = chance.randrange(9)
    if shape == 0:
        return made[::2]
    if shape == 1:
        return made.reshape(1, -1)
    if shape == 2:
        return made.astype(np.float64)
    if shape == 3:
        return bytes(made)
    if shape == 4:
        return made[::-1]
    if shape == 5:
        return np.zeros(2, chance.choice((COMMAND, ENGINE, RESTING, RULE, SYMBOL))).view(np.uint8)
    return made


def records(dtype, most):
    made = np.frombuffer(chance.randbytes(dtype.itemsize * chance.randrange(most + 1)), dtype).copy()
    for name in dtype.names:
        if chance.random() < 0.9:
            made[name] = [chance.randrange(4) for _ in made]
    return made.view(np.uint8) if chance.random() < 0.9 else made


def snapshot():
    sequence = chance.choice((0, 1, -1, 2**64))
    return sequence, records(ENGINE, 1), records(SYMBOL, 2), records(RESTING, 4), records(RULE, 2)


def rows(columns):
    height = chance.choice((0, 1, 2, 7))
    made = np.array([[chance.choice(EDGES) for _ in range(columns)] for _ in range(height)], np.int64)
    made = made.reshape(height, columns)
    if chance.random() < 0.5 and columns == 6 and height:
        made[:, 1] = [chance.randrange(0, 9) for _ in range(height)]
    if chance.random() < 0.1:
        made = made.astype(np.int32)
    return np.asfortranarray(made) if chance.random() < 0.1 else made


def attempt(act, *arguments):
    try:
        return act(*arguments)
    except (TypeError, ValueError, AttributeError, BufferError, MemoryError, OverflowError, EngineError):
        return None


for _ in range(int(sys.argv[2])):
    engine = attempt(native.Engine, number())
    if engine is not None:
        attempt(engine.apply, data())
        attempt(engine.depth, number(), number(), number())
        attempt(engine.restore, number(), data(), data(), data(), data())
        attempt(engine.restore, *snapshot())
        engine.audit()
        engine.snapshot()
    window = attempt(native.LobsterWindow, chance.choice((*NUMBERS, 1, 2, 5)))
    if window is not None:
        for _ in range(5):
            attempt(window.follow, rows(chance.choice((6, 6, 6, 5))), rows(chance.choice((4, 8, 20, 0, 3))))
        window.queues
    attempt(native.integer_lines, data(), number(), bool(chance.randrange(2)))
    attempt(native.wire_commands, data())
    attempt(native.run_pipeline, data(), number(), number())
    stream = native.ItchStream()
    for _ in range(3):
        attempt(stream.read, data())
    for name in ("place", "stocks", "locates", "attributions", "counts", "halts", "broken", "open_orders"):
        getattr(stream, name)
    books = native.FeedBooks()
    attempt(books.read, data())
    attempt(books.commands, data())
    attempt(books.depth, number(), number(), number())
print("ended")
"""

FORKED = """
import os, signal, threading, time
import numpy as np
from obengine.api.errors import EngineError
from obengine.api.messages import COMMAND
from obengine.native.book import NativeBook

book, idle = NativeBook(1), NativeBook(1)
batch = np.zeros(400_000, COMMAND)
batch["op"], batch["qty_lots"], batch["price_ticks"] = 1, 1, 100
batch["order_id"] = np.arange(1, len(batch) + 1)
ended = threading.Event()


def work():
    while not ended.is_set():
        book.apply(batch)


threads = [threading.Thread(target=work, daemon=True) for _ in range(2)]
for thread in threads:
    thread.start()
answers = set()
for number in range(20):
    time.sleep(0.003 * (number % 5))
    child = os.fork()
    if child == 0:
        signal.alarm(30)
        code = 3
        try:
            idle.apply(batch[:10])
            NativeBook(1).apply(batch[:100_000])
            book.depth(1, 1)
            code = 0
        except EngineError as error:
            code = 1 if "forked" in str(error) else 4
        os._exit(code)
    answers.add(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
ended.set()
for thread in threads:
    thread.join()
print(sorted(answers))
"""


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_no_argument_ends_the_process(seed: str) -> None:
    done = run(FUZZ, seed, "300")
    assert (done.returncode, done.stdout) == (0, "ended\n"), done.stderr[-2000:]


@pytest.mark.parametrize("name", ["LobsterWindow", "Engine"])
@pytest.mark.parametrize("number", [0, 2**16 + 1, 2**63])
def test_sizes_out_of_range_are_refused(name: str, number: int) -> None:
    done = run(f"from obengine import _native; _native.{name}({number})")
    assert done.returncode == 1
    assert done.stderr.endswith("must be 1 to 65536\n")


def test_a_forked_child_never_hangs_on_a_book_of_its_parent() -> None:
    """A book that was idle works in the child; one that was in use is refused with a clear error."""
    done = run(FORKED)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in {"[1]", "[0, 1]"}

"""One symbol of an ITCH file of any length is read within 300 MiB, from a stream that is never stored."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

from tests.program import environment

READ: Final = """
import io, struct, sys
import numpy as np
from obengine.feeds.itch50_layout import ADD, DELETE
from obengine.feeds.itch50_stream import ItchSelection, select_messages

MESSAGES, PER_BLOCK = int(sys.argv[1]), 50_000

def block():
    # Adds and deletes in turn; one stock in a thousand is the chosen one.
    deletes = [("d" + name, kind) for name, kind in [("length", ">u2"), *DELETE.descr]]
    adds = np.zeros(PER_BLOCK // 2, dtype=[("length", ">u2"), *ADD.descr, *deletes])
    number = np.arange(adds.size)
    adds["length"], adds["type"], adds["dlength"], adds["dtype"] = ADD.itemsize, b"A", DELETE.itemsize, b"D"
    adds["locate"] = adds["dlocate"] = number % 1000 + 1
    adds["ref"] = adds["dref"] = number + 1
    adds["side"], adds["shares"], adds["price"] = b"B", 100, 10_000
    adds["stock"] = [f"S{each % 1000 + 1}".ljust(8).encode() for each in number]
    return adds

class Made(io.RawIOBase):
    def __init__(self):
        self.made, self.left, self.block = 0, b"", block()
    def read(self, size=-1):
        if not self.left and self.made < MESSAGES:
            time_ns = 34_200 * 10**9 + self.made
            for name in ("", "d"):
                self.block[name + "time_high"] = time_ns >> 32
                self.block[name + "time_low"] = time_ns & 0xFFFFFFFF
            self.left = memoryview(self.block.tobytes())
            self.made += PER_BLOCK
        data, self.left = bytes(self.left[:size]), self.left[size:]
        return data

found = select_messages(Made(), name="made", base="made", selection=ItchSelection(("S7",)))
status = open("/proc/self/status").read()
peak_kib = int(status.partition("VmHWM:")[2].split()[0])  # ru_maxrss has the memory of the parent as well
print(found.read, found.numbers.size, peak_kib >> 10)
"""


@pytest.mark.parametrize("messages", [500_000, pytest.param(50_000_000, marks=pytest.mark.nightly)])
def test_a_symbol_of_a_long_file_takes_little_memory(messages: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", READ, str(messages)],
        env=environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    read, kept, peak_mib = map(int, done.stdout.split())
    assert (read, kept) == (messages, messages // 1_000)
    assert peak_mib < 300

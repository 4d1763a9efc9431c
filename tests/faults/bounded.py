"""A child process that may use only so much: the kernel keeps the bar, no clock is asked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
MEMORY_BYTES: Final = 512 * 2**20

_CHILD: Final = """
import math, resource, sys
{imports}
def used():
    total = resource.getrusage(resource.RUSAGE_SELF)
    return total.ru_utime + total.ru_stime
pages = int(open("/proc/self/statm").read().split()[0])
memory = pages * resource.getpagesize() + {memory}
cpu = math.ceil(used() + {seconds})
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
{body}
"""


def run_bounded(imports: str, body: str, *arguments: str, seconds: int) -> str:
    """What `body` prints in a fresh interpreter: `seconds` of the processor, 512 MiB more memory.

    `imports` run before the limits are set. A child that goes over them is killed, and this fails.
    """
    code = _CHILD.format(imports=imports, body=body, memory=MEMORY_BYTES, seconds=seconds)
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"ended with {done.returncode}: {done.stderr[-500:]}"
    return done.stdout.strip()

"""The meters count what processes have used, those that have ended too, and the most they had at once."""

from __future__ import annotations

import os
import subprocess
import sys

from perf.peers.meters import Memory, MemoryWatch, cpu_seconds

SPIN = "import time\nwhile time.process_time() < 0.5: pass"
HOLD = "import sys; kept = bytearray(b'x') * (64 * 2**20); print('held', flush=True); sys.stdin.read()"
SURELY = 0.3  # seconds of CPU; the kernel counts in steps of ten milliseconds


def test_cpu_of_a_child_that_ended_is_still_counted() -> None:
    before = cpu_seconds([os.getpid()])

    subprocess.run([sys.executable, "-S", "-c", SPIN], check=True)

    assert cpu_seconds([os.getpid()]) - before >= SURELY


def test_cpu_of_a_process_that_is_not_there_is_nothing() -> None:
    assert cpu_seconds([2**22 + 1]) == 0


def test_memory_is_the_most_that_was_seen_of_all_and_of_the_largest() -> None:
    holder = subprocess.Popen([sys.executable, "-S", "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdin is not None
    assert holder.stdout is not None
    holder.stdout.readline()

    with MemoryWatch(lambda: [holder.pid, os.getpid()]) as watch:
        pass
    holder.communicate()
    seen = watch.memory
    largest = seen.largest
    seen.see([])

    assert largest >= 64
    assert seen.total > seen.largest == largest
    assert 0 < seen.proportional <= seen.total


def test_memory_of_nobody_is_nothing() -> None:
    memory = Memory()

    memory.see([])

    assert memory == Memory()

"""What the kernel counts of processes, and which core they run on."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
TICK = 1 / os.sysconf("SC_CLK_TCK")
PROCESS_CLOCK = 2
"""The kernel's name for what utime and stime of /proc/PID/stat are rounded from."""
CAN_PIN = hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1
SERVER_CORE = 0
OTHER_CORE = 1


def pin(process: int, core: int) -> None:
    """Keep every thread of a process on one core, and what it starts from now on."""
    if CAN_PIN:
        for thread in (PROC / str(process) / "task").iterdir():
            os.sched_setaffinity(int(thread.name), {core})


def pin_family(process: int, core: int) -> None:
    """Keep a process and its children on one core."""
    for one in (process, *_children(process)):
        with suppress(OSError):  # a child may end as it is looked at
            pin(one, core)


def seconds(process: int) -> float:
    """The CPU time of a process, its threads, and those of its children that have ended."""
    own = time.clock_gettime(~process << 3 | PROCESS_CLOCK)
    return own + TICK * sum(int(field) for field in _stat(process)[13:15])


def family_seconds(process: int) -> float:
    """The CPU time of a process and all its children, those that have ended included."""
    total = seconds(process)
    for child in _children(process):
        with suppress(OSError):
            total += seconds(child)
    return total


def resident(process: int) -> int:
    """The bytes of memory that a process holds."""
    pages = int((PROC / str(process) / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def load() -> float:
    """The load average of the last minute."""
    return os.getloadavg()[0]


def _children(process: int) -> Iterator[int]:
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                if _stat(int(folder.name))[1] == str(process):
                    yield int(folder.name)


def _stat(process: int) -> list[str]:
    """The fields of /proc/PID/stat after the name, which may hold anything."""
    return (PROC / str(process) / "stat").read_text().rpartition(")")[2].split()

"""What this machine can do for a bench."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_CAN_LINK = "280"  # ARPHRD_CAN
_MEMORY_NEEDED_GB = 0.6
_CYCLES, _LATE_MAX_US = 300, 200.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor: ``good`` or what to do about it."""

    what: str
    value: str
    good: bool
    remedy: str = ""


def findings() -> Iterator[Finding]:
    """Everything that is looked at, in the order of importance."""
    yield _python()
    yield _cores()
    yield _memory()
    yield _compiled()
    yield _fifo()
    yield _locked()
    yield _punctual()
    yield _visa()
    yield from _can()


def _python() -> Finding:
    return Finding("python", sys.version.split()[0], sys.version_info >= (3, 11), "install Python 3.11 or later")


def _cores() -> Finding:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Finding("cores", str(count), count >= 2, "the wall-time worlds want two cores or more")


def _memory() -> Finding:
    try:
        gigabytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    except (ValueError, OSError, AttributeError):
        return Finding("memory", "unknown", True)
    return Finding("memory", f"{gigabytes:.1f} GB", gigabytes > 2 * _MEMORY_NEEDED_GB, "a run takes up to 0.6 GB")


def _compiled() -> Finding:
    from bench.base.compiled import cache_folder
    from bench.emulators import couple

    folder = cache_folder(Path(couple.__file__))
    if folder is None:
        return Finding("compiled code", "not kept", False, "make ~/.cache writable; else every start takes a minute")
    ready = any(folder.glob("**/*.nbc"))
    return Finding("compiled code", "ready" if ready else "not yet; the first run takes a minute longer", True)


@contextmanager
def _real_time() -> Iterator[bool]:
    """This process under SCHED_FIFO, as the core is; whether that is permitted."""
    try:
        before = os.sched_getscheduler(0), os.sched_getparam(0)
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except (OSError, AttributeError):
        yield False
        return
    try:
        yield True
    finally:
        os.sched_setscheduler(0, *before)


def _fifo() -> Finding:
    remedy = "grant it: ulimit -r 50, or 'rtprio' in /etc/security/limits.conf (only for --world hardware)"
    with _real_time() as permitted:
        return Finding("real-time scheduling", "permitted" if permitted else "not permitted", permitted, remedy)


def _punctual() -> Finding:
    """A third of a second of the core's own pace, with what is permitted and beside what runs on this machine now."""
    from bench.io.clock import MonotonicClock
    from bench.io.pacer import Pacer

    pacer, late_us = Pacer(MonotonicClock(), 1_000_000), []
    with _real_time():
        for _ in range(_CYCLES):
            pacer.approach()
            pacer.arrive()
            late_us.append(pacer.take_worst_ns() / 1e3)
    p99_us = sorted(late_us)[_CYCLES * 99 // 100]
    remedy = "end other programs, grant real-time scheduling; then see bench perf jitter (only for --world hardware)"
    return Finding("cycle of 1 ms", f"99 of 100 begin within {max(p99_us, 1.0):.0f} us", p99_us < _LATE_MAX_US, remedy)


def _locked() -> Finding:
    try:
        import resource
    except ImportError:
        return Finding("locked memory", "unknown", True)
    soft, _ = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    enough = soft == resource.RLIM_INFINITY or soft > 512 << 20 or os.geteuid() == 0
    return Finding("locked memory", "permitted" if enough else f"{soft >> 10} kB", enough, "ulimit -l unlimited")


def _visa() -> Finding:
    from pyvisa.highlevel import list_backends

    backends = sorted(list_backends())
    return Finding("VISA backends", ", ".join(backends) or "none", "py" in backends, "pip install pyvisa-py")


def _can() -> Iterator[Finding]:
    import can

    names = can.VALID_INTERFACES
    yield Finding("CAN interfaces", ", ".join(sorted(names)), "benchwire" in names, "install the bench again (pip)")
    channels = can_channels()
    shown = ", ".join(f"{interface} {channel}" for interface, channel in sorted(channels)) or "none"
    yield Finding("CAN channels", shown, bool(channels), "plug in and bring up an adapter (only for --world hardware)")


def can_channels() -> set[tuple[str, str]]:
    """(interface, channel) of the CAN adapters that the operating system shows."""
    found = set()
    for path in Path("/sys/class/net").glob("*/type"):
        try:
            if path.read_text().strip() == _CAN_LINK:
                found.add(("socketcan", path.parent.name))
        except OSError:
            continue
    return found

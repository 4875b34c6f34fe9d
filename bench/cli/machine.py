"""What this machine can do for a bench."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_CAN_LINK = "280"  # ARPHRD_CAN
_MEMORY_NEEDED_GB = 0.6


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
        return Finding("compiled code", "not kept", False, "make ~/.cache writable; else every start takes up to 40 s")
    ready = any(folder.glob("**/*.nbc"))
    return Finding("compiled code", "ready" if ready else "not yet; the first run takes up to 40 s longer", True)


def _fifo() -> Finding:
    remedy = "grant it: ulimit -r 50, or 'rtprio' in /etc/security/limits.conf (only for --world hardware)"
    try:
        before = os.sched_getscheduler(0), os.sched_getparam(0)
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        os.sched_setscheduler(0, *before)
    except (OSError, AttributeError):
        return Finding("real-time scheduling", "not permitted", False, remedy)
    return Finding("real-time scheduling", "permitted", True)


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

"""The process image for readers: any process of this user may look, read-only, and sees whole cycles.

``bench.io.steady`` says how, and on which machines.
"""

import json
import mmap
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from bench.base.channel import Channel, Channels
from bench.base.errors import BenchError
from bench.base.records import IMAGE
from bench.base.units import Unit
from bench.core.tables import CORE as CORE_STATE
from bench.io.folders import private_folder
from bench.io.status import CORE, STATUS
from bench.io.steady import SteadyLook

MAP = "image.json"
_AGAIN_S = 0.0002


class ImageUnsteadyError(BenchError):
    """No whole image could be had: the core stands still in the middle of a cycle."""


class Snapshot(NamedTuple):
    """What one cycle has left: its time, the image (``IMAGE`` records in the order of the channels) and the state of
    the core (one record of ``bench.core.tables.CORE``: armed, phase, stop class, cause)."""

    t_ns: int
    image: NDArray[Any]
    core: NDArray[Any]


def write_map(folder: Path, file: Path, channels: Channels, places: Mapping[str, int]) -> None:
    """Tell readers where in ``file`` the arrays ``image``, ``core`` and ``status`` lie (byte offsets)."""
    rows = [[channel.name, channel.unit.value, channel.description] for channel in channels]
    content = {"file": file.name, "channels": rows, "places": dict(places), "types": _types()}
    (folder / MAP).write_text(json.dumps(content), encoding="utf-8")


def _types() -> list[str]:
    return [str(dtype.descr) for dtype in (IMAGE, CORE_STATE, STATUS)]


def folders() -> list[Path]:
    """Of the runs of this user that are under way, the newest last: where to ``attach``."""
    return [found.parent for found in sorted(private_folder("runs").glob(f"*/{MAP}"), key=lambda p: p.stat().st_mtime)]


class PublishedImage:
    """A reader of one run's image, attached without any of the run's tables.

    >>> with PublishedImage.attach(folder) as published:  # doctest: +SKIP
    ...     published.snapshot().image["value"][published.channels.index("dut.speed")]
    """

    def __init__(self, channels: Channels, memory: mmap.mmap, places: Mapping[str, int]) -> None:
        self.channels = channels
        self._memory = memory
        self._image = np.frombuffer(memory, IMAGE, len(channels), places["image"])
        self._core = np.frombuffer(memory, CORE_STATE, 1, places["core"])
        self._look = SteadyLook(np.frombuffer(memory, STATUS, CORE + 1, places["status"]))

    @classmethod
    def attach(cls, folder: Path) -> Self:
        """The image of the run whose processes meet in ``folder`` (``bench.io.berth``).

        Raises ``FileNotFoundError`` where no run is, and ``BenchError`` for a run of another version of the bench.
        """
        told = json.loads((folder / MAP).read_text(encoding="utf-8"))
        if told["types"] != _types():
            raise BenchError(f"{folder} belongs to a run of another version of the bench; read it with that version")
        channels = Channels(Channel(name, Unit(unit), text) for name, unit, text in told["channels"])
        descriptor = os.open(folder / told["file"], os.O_RDONLY | os.O_NOFOLLOW)
        try:
            memory = mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
        finally:
            os.close(descriptor)
        return cls(channels, memory, told["places"])

    def snapshot(self, timeout_s: float = 0.02) -> Snapshot:
        """A consistent copy. Raises ``ImageUnsteadyError`` when the core does not finish a cycle within
        ``timeout_s``."""
        deadline_s = time.monotonic() + timeout_s
        while (taken := self._look(lambda: (self._image.copy(), self._core.copy()))) is None:
            if time.monotonic() > deadline_s:
                raise ImageUnsteadyError(f"no whole cycle in {timeout_s:g} s: the core has stopped or died inside one")
            time.sleep(_AGAIN_S)
        image, core = taken
        return Snapshot(int(core["t_ns"][0]), image, core)

    def close(self) -> None:
        """Let go. Arrays of earlier snapshots are copies and stay."""
        del self._image, self._core, self._look
        self._memory.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

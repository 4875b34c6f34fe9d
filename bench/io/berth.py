"""Where the processes of one wall-time run meet: a private folder with their memory and buses, and one clock."""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

from numpy.typing import NDArray

from bench.base.channel import Channels
from bench.core.program import Program
from bench.core.rings import Rings, make_rings
from bench.core.state import State, make_state
from bench.io import shared
from bench.io.bus_place import BusPlace
from bench.io.clock import MonotonicClock
from bench.io.folders import private_folder
from bench.io.published import write_map
from bench.io.status import make_status


class Memory(NamedTuple):
    """What all processes of a run see."""

    status: NDArray[Any]
    state: State
    rings: Rings


_NAME, _STATUS = "bench", "status"


@dataclass(frozen=True, slots=True)
class Berth:
    """The meeting place of one run."""

    folder: Path
    clock: MonotonicClock

    @classmethod
    def new(cls) -> Self:
        """A fresh private folder; run time begins now."""
        return cls(Path(tempfile.mkdtemp(dir=private_folder("runs"))), MonotonicClock())

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> Self:
        """The berth that ``arguments`` of another process tell of."""
        return cls(Path(arguments["folder"]), MonotonicClock(arguments["origin_ns"]))

    def arguments(self) -> dict[str, Any]:
        """What a child process must be told to find this berth."""
        return {"folder": str(self.folder), "origin_ns": self.clock.origin_ns}

    def create(self, program: Program, channels: Channels) -> Memory:
        """Make the memory, before any other process is started, and tell readers where its image lies."""
        tree = Memory(make_status(), make_state(program), make_rings(program))
        made = shared.create(_NAME, tree, self.folder)
        arrays = {"image": made.tree.state.image, "core": made.tree.state.core, "status": made.tree.status}
        places = {name: made.offset(array) for name, array in arrays.items()}
        write_map(self.folder, made.path, channels, places)
        return made.tree

    def attach(self, program: Program) -> Memory:
        """The memory that was made from the same program."""
        like = Memory(make_status(), make_state(program), make_rings(program))
        return shared.attach(_NAME, like, self.folder).tree

    def create_status(self) -> NDArray[Any]:
        """The signs of life alone, for a process that serves no run."""
        return shared.create(_STATUS, make_status(), self.folder).tree

    def attach_status(self) -> NDArray[Any]:
        """Those that ``create_status`` has made."""
        return shared.attach(_STATUS, make_status(), self.folder).tree

    def wire(self, role: str, bitrate: int) -> BusPlace:
        """A wire of this run alone."""
        return BusPlace("benchwire", role, bitrate, str(self.folder))

    def remove(self) -> None:
        """Take everything away. Processes that still run keep what they have opened."""
        shutil.rmtree(self.folder, ignore_errors=True)

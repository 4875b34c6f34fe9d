"""The emulated ECU's diagnostic connection: between the compiled loop, which overhears requests, and the UDS server.

The unit answers as the DUT file expects it, so that a rehearsal arms; a scripted fault puts another unit in its place.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.base.by_reference import by_reference
from bench.base.compiled import compiled, direct
from bench.base.records import FRAME
from bench.base.ring import READ, WRITTEN, Ring, commit, drain, make_ring, slot, waiting
from bench.canbus.buses import Wire
from bench.canbus.isotp import Addressing, Endpoint
from bench.canbus.isotp_settings import Settings
from bench.canbus.wire import copy_frame, offer
from bench.config.diagnostics import Diagnostics, Identification
from bench.emulators import ecu
from bench.emulators.dtc_store import code_of, make_store, remember
from bench.emulators.uds_server import UdsServer, Unit
from bench.schedule.faults import Fault, of_place

PLACE = "ecu"
FAULTS = ("silence", "identity", "stored")
"""``silence``: it answers nothing; ``identity:serial=X``: another unit is there; ``stored:U0100-87``: a trouble code of
an earlier drive."""

NODE = 1
"""Its place on the wire: that of the ECU."""
_BUS = 0
_NOBODY = 0xFFFF_FFFF
_FRAMES = 256
TROUBLE_CODES = {ecu.FAULT_COMMAND_LOST: "U0100-87", ecu.FAULT_BROKEN: "P0A78-00"}
_TOLD = {"part_number": "EDU-EMULATED", "serial": "EMULATED-1", "vin": "EMULATED000000001"}
_CHECK_OFFSETS = 0x0203
_ROUTINES = {_CHECK_OFFSETS: b"\x00"}


@by_reference
class Doorway(NamedTuple):
    """What the compiled loop hands over: requests, and the trouble codes it keeps."""

    request: NDArray[np.uint32]  # the identifier, in place 0
    frames: Ring
    dtcs: np.ndarray


def make_doorway(settings: Diagnostics | None, faults: tuple[Fault, ...] = ()) -> Doorway:
    """``None``: nobody can ask this unit anything; its trouble codes are kept all the same."""
    request = np.array([_NOBODY if settings is None else settings.ids[0]], np.uint32)
    store = make_store({fault: code_of(name) for fault, name in TROUBLE_CODES.items()})
    for fault in of_place(faults, PLACE):
        if fault.kind == "stored":
            remember(store, fault.argument)
    return Doorway(request, make_ring(FRAME, _FRAMES), store)


@compiled
def is_request(doorway: Doorway, frame: Any) -> bool:
    """Whether ``frame`` asks this unit something."""
    return bool(frame.id == doorway.request[0] and frame.bus == _BUS)


@compiled
def overhear(doorway: Doorway, frame: Any) -> None:
    """Keep a request until Python comes."""
    place = slot(doorway.frames)
    if place >= 0:
        copy_frame(doorway.frames.records[place], frame)
        commit(doorway.frames)


@compiled
def asked(doorway: Doorway) -> bool:
    """Whether a request waits."""
    return bool(doorway.frames.header[WRITTEN] != doorway.frames.header[READ])


class DiagnosedEcu:
    """Serves the doorway; ``live`` whenever a request waits or ``next_ns`` has come."""

    def __init__(
        self, doorway: Doorway, wire: Wire, settings: Diagnostics, faults: tuple[Fault, ...],
        at_rest: Callable[[], bool],
    ) -> None:  # fmt: skip
        self._doorway = doorway
        self._wire = wire
        self._settings = settings
        self._faults = of_place(faults, PLACE)
        self._identifiers: dict[int, bytes] = {}
        addressing = Addressing(settings.source_address, settings.target_address)  # seen from the other side
        unit = Unit(self._identifiers, doorway.dtcs, _ROUTINES, at_rest)
        self._server = UdsServer(unit, Endpoint(Settings(), addressing))
        self._frame = np.zeros(1, FRAME)
        self._frame["id"], self._frame["bus"], self._frame["sender"] = settings.ids[1], _BUS, NODE
        self._offer = direct(offer, wire, self._frame[0], 0)  # compiled before anybody asks

    def waiting(self) -> bool:
        """Whether somebody asks."""
        return waiting(self._doorway.frames) > 0

    def next_ns(self) -> int | None:
        """When the server has something to say or to judge."""
        return self._server.next_ns()

    def live(self, t_ns: int) -> None:
        """Take in the requests, put on the wire what is due by ``t_ns``."""
        for request in drain(self._doorway.frames):
            if not any(fault.kind == "silence" and fault.active(t_ns) for fault in self._faults):
                self._identifiers.update(self._told(t_ns))
                self._server.receive(request["data"][: request["length"]].tobytes(), t_ns)
        for data in self._server.produce(t_ns):
            self._frame["data"], self._frame["length"] = 0, len(data)
            self._frame["data"][0, : len(data)] = np.frombuffer(data, np.uint8)
            self._offer(self._wire, self._frame[0], t_ns)

    def _told(self, t_ns: int) -> dict[int, bytes]:
        script = (fault.argument for fault in self._faults if fault.kind == "identity" and fault.active(t_ns))
        wrong = {name: value for name, _, value in (argument.partition("=") for argument in script)}
        return {
            item.did: item.encoded(wrong.get(name) or item.expected or _assumed(name, item))
            for name, item in self._settings.identity.items()
        }


def _assumed(name: str, item: Identification) -> str:
    return "00000000" if item.form == "hex" else _TOLD.get(name, "emulated")

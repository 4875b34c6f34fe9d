"""One emulated inverter on a bare table: frames by cantools, the plant by hand, no wire and no core."""

from pathlib import Path
from typing import Any

import cantools
import numpy as np

from bench.base.records import FRAME
from bench.canbus.database import Database
from bench.emulators import can_node, cascadia_cm
from bench.emulators.cascadia_cm import Plate, make_cascadia
from bench.plant.records import INPUTS, OUTPUTS

MS = 1_000_000
DBC = Path(__file__).parents[2] / "dbc" / "cascadia_cm.dbc"
BUS = cantools.database.load_file(DBC)
DATABASE = Database.load(DBC)
PLATE = Plate(300.0, 472.5, 14_300.0, 175.0, 60.0, forward=True)


class CmPeer:
    """The inverter, and a bench that repeats its last command every 10 ms while ``alive``."""

    def __init__(self, plate: Plate = PLATE) -> None:
        self.cm = make_cascadia(DATABASE, 1, plate)
        self.inputs, self.outputs = np.zeros(1, INPUTS), np.zeros(1, OUTPUTS)
        self.outputs["torque_max_nm"], self.outputs["torque_min_nm"] = 348.0, -348.0
        self.outputs["derating"] = 1.0
        self.t_ns = 0
        self.alive = False
        self.command: dict[str, float] = {}

    @property
    def own(self) -> Any:
        return self.cm.state[0]

    def plant(self, **values: float) -> None:
        for name, value in values.items():
            self.outputs[name] = value

    def hear(self, data: bytes, frame_id: int) -> bool:
        """Hand a frame to the node; whether it took it in."""
        frame = np.zeros(1, FRAME)
        frame["id"], frame["length"], frame["t_ns"] = frame_id, len(data), self.t_ns
        frame["data"][0, : len(data)] = list(data)
        return bool(can_node.hear(self.cm.node, frame[0], self.t_ns))

    def send(self, **signals: float) -> None:
        """M192 with these signals, repeated from now on."""
        self.command, self.alive = signals, True

    def run(self, milliseconds: int) -> "CmPeer":
        for _ in range(milliseconds):
            self.t_ns += MS
            if self.alive and self.t_ns % (10 * MS) == 0:
                message = BUS.get_message_by_name("M192_COMMAND")
                zero = {signal.name: 0 for signal in message.signals}
                assert self.hear(message.encode({**zero, **self.command}), message.frame_id)
            cascadia_cm.control(self.cm, self.inputs[0], self.outputs[0], self.t_ns)
        cascadia_cm.tell(self.cm, self.outputs[0], self.t_ns)
        return self

    def ask(self, data: bytes) -> bytes:
        """M193 in, M194 out, one millisecond later."""
        assert self.hear(data, 0x0C1)
        self.run(1)
        return bytes(self.sent("M194_PARAMETER_ANSWER"))

    def sent(self, name: str) -> bytes:
        """The frame of a message as it would go out now."""
        from bench.canbus.codec import transmit

        index = cascadia_cm._SENT.index(name)
        frame = np.zeros(1, FRAME)
        assert transmit(self.cm.node.transmits, self.cm.node.tx_state, self.cm.node.image, index, frame[0]) == 0
        return bytes(frame["data"][0, :8].tobytes())

    def told(self, name: str) -> dict[str, Any]:
        """What a message says, by cantools."""
        return dict(BUS.get_message_by_name(name).decode(self.sent(name), decode_choices=False))

    def ready(self) -> "CmPeer":
        """Powered, charged, the lockout gone."""
        self.send()
        self.run(250)
        self.plant(u_dc_v=400.0)
        return self.run(20)

"""The emulated gen5 inverter through its frames: every allowed transition is reached, lost and wrong commands count."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from core_codec import encode

from bench.base.records import FRAME
from bench.canbus.database import Database
from bench.emulators import can_node, ecu
from bench.emulators.ecu import DERATE, DISCHARGE, FAULT, OFF, PRECHARGE, READY, RUN, make_ecu
from bench.plant.records import INPUTS, OUTPUTS

MS = 1_000_000
DATABASE = Database.load(Path(__file__).parents[2] / "dbc" / "edu_gen5.dbc")
VEHICLE = {"VCU_TERMINAL": {"Terminal15": 1}, "VCU_GEAR": {"Gear": 3}, "BMS_STATUS": {"Contactors": 2}, "VCU_NM": {}}


class Gen5:
    """The inverter, a bench that commands it every 10 ms while ``alive``, and the frames of a vehicle."""

    def __init__(self) -> None:
        self.ecu = make_ecu(DATABASE, 1, 4711, 10203, 300.0, has_field=True)
        self.inputs, self.outputs = np.zeros(1, INPUTS), np.zeros(1, OUTPUTS)
        for name, value in (("torque_max_nm", 400.0), ("torque_min_nm", -400.0), ("derating", 1.0)):
            self.outputs[name] = value
        self.t_ns, self.alive, self.spoil, self.step = 0, True, False, 1
        self.command: dict[str, float] = {}
        self.sent: Counter[str] = Counter()
        self.steps: set[tuple[int, int]] = set()

    def _send(self, name: str, values: dict[str, float]) -> None:
        message = DATABASE.message(name)
        counted = {"Counter": float(self.sent[name] % 15)} if message.protection else {}
        data = bytearray(encode(DATABASE, name, {**counted, **values}))
        own = name == "VCU_TORQUE_CMD"
        data[0] ^= int(own and self.spoil)
        self.sent[name] += self.step if own else 1
        frame = np.zeros(1, FRAME)
        frame["id"], frame["length"], frame["t_ns"] = message.id, len(data), self.t_ns
        frame["data"][0, : len(data)] = list(data)
        can_node.hear(self.ecu.node, frame[0], self.t_ns)

    def run(self, milliseconds: int, plant: dict[str, float] | None = None, **command: float) -> int:
        """Live on with this command; the state."""
        self.command = command
        for name, value in (plant or {}).items():
            self.outputs[name] = value
        for _ in range(milliseconds):
            self.t_ns += MS
            if self.t_ns % (100 * MS) == 10 * MS:
                for name, values in VEHICLE.items():
                    self._send(name, dict(values))
            if self.alive and self.t_ns % (10 * MS) == 0:
                self._send("VCU_TORQUE_CMD", self.command)
            before = self.state
            ecu.control(self.ecu, self.inputs[0], self.outputs[0], self.t_ns)
            if before != self.state:
                self.steps.add((before, self.state))
        ecu.tell(self.ecu, self.outputs[0])
        return self.state

    @property
    def state(self) -> int:
        return int(self.ecu.state["state"][0])

    @property
    def torque_nm(self) -> float:
        return float(self.inputs["torque_request_nm"][0])

    @property
    def fault(self) -> int:
        return int(self.ecu.node.image["value"][ecu.FAULT_CODE])

    def break_for(self, milliseconds: int) -> None:
        self.ecu.state["broken_ns"], self.ecu.state["mended_ns"] = self.t_ns, self.t_ns + milliseconds * MS


def running() -> Gen5:
    gen5 = Gen5()
    assert gen5.run(450, StateRequest=0) == OFF
    assert gen5.run(50, StateRequest=1) == PRECHARGE
    assert gen5.run(20, {"u_dc_v": 400.0}, StateRequest=1) == READY
    assert gen5.run(20, StateRequest=2, TorqueRequest=50) == RUN
    return gen5


def test_every_allowed_transition_is_reached_through_frames() -> None:
    gen5 = running()
    assert gen5.run(5, {"derating": 0.5}, StateRequest=2) == DERATE
    assert gen5.run(5, {"derating": 1.0}, StateRequest=2) == RUN
    assert gen5.run(20, {"i_f_a": 5.0, "speed_motor_rpm": 3000.0}, StateRequest=0) == RUN  # the field has not decayed
    assert gen5.run(20, {"i_f_a": 0.0}, StateRequest=1) == READY
    gen5.run(20, {"derating": 0.5}, StateRequest=2)
    assert gen5.run(20, StateRequest=1) == READY  # from derating
    assert gen5.run(20, StateRequest=0) == OFF
    assert gen5.run(20, DischargeRequest=1) == DISCHARGE and gen5.inputs["discharge_on"][0] == 1.0
    assert gen5.run(20) == OFF and gen5.inputs["discharge_on"][0] == 0.0
    assert gen5.run(20, {"u_dc_v": 0.0}, StateRequest=1) == PRECHARGE
    assert gen5.run(20, StateRequest=0) == OFF
    for derating, request in ((1.0, 1), (1.0, 2), (0.5, 2)):
        gen5.run(40, {"u_dc_v": 400.0, "derating": derating}, StateRequest=request)
        gen5.break_for(50)
        assert gen5.run(20, StateRequest=request) == FAULT and gen5.inputs["pwm_on"][0] == 0.0
        assert gen5.fault == ecu.FAULT_BROKEN
        assert gen5.run(100, StateRequest=request) == FAULT  # mended, but nobody has asked for off
        assert gen5.run(20, StateRequest=0) == OFF
    assert gen5.steps == {(state, to) for state, _, to, _ in ecu.MACHINE.allowed()}


@pytest.mark.parametrize("how", ["silence", "wrong CRC", "frozen counter"])
def test_torque_goes_when_the_command_is_lost_and_comes_back_with_it(how: str) -> None:
    gen5 = running()
    assert gen5.torque_nm == 50.0
    command = {"StateRequest": 2.0, "TorqueRequest": 50.0}
    gen5.alive, gen5.spoil, gen5.step = how != "silence", how == "wrong CRC", int(how != "frozen counter")
    gen5.run(40, **command)
    assert gen5.torque_nm == 50.0  # 50 ms may pass
    gen5.run(30, **command)
    assert gen5.torque_nm == 0.0 and gen5.fault == ecu.FAULT_COMMAND_LOST
    gen5.alive, gen5.spoil, gen5.step = True, False, 1
    gen5.run(150, **command)
    assert gen5.torque_nm == 50.0 and gen5.fault == 0

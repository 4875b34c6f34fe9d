"""The ten states of the bench in which a fault may come: how each is reached in virtual time, and when it is there.

A state is a short plan, two records of the journal between which the bench is in it, and what must then be true of the
plant. A run without a fault finds the span; a case draws its instant from it, by seed, and runs again with the fault.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.base.noise import noise_state, uniform
from bench.campaign.truth_of_plant import Moment
from bench.record.journal import JournalRecord

_HEAD = """\
plan: {name}
title: On the way to the state {name}
dut: {dut}
rig: e_axle_demo
allowance: 0 %
steps:
"""
_EESM, _PMSM = "gen5_bev", "ipace_edu"
_FIELD_RPM = 4500.0
"""Above the corner of the envelope (4034 rpm) the machine's field must be weakened."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A record of the journal: its event, and what its data must hold."""

    event: str
    data: Mapping[str, Any] = field(default_factory=dict)

    def meets(self, record: JournalRecord) -> bool:
        """Whether ``record`` is this one."""
        return record.event == self.event and all(record.data.get(key) == value for key, value in self.data.items())


@dataclass(frozen=True, slots=True)
class State:
    """``steps``: the plan's, as text; the state lasts from ``begin`` to ``end``, less the shares ``early`` and
    ``late`` of that time; ``there(plant)``: what must be true at the instant of the fault; ``unarmed``: nothing is
    energised, so that nothing but silence of the power side is to be shown; ``torque``: the unit makes torque."""

    name: str
    steps: str
    begin: Mark
    end: Mark
    there: Callable[[Moment], bool]
    early: float = 0.1
    late: float = 0.1
    dut: str = _EESM
    unarmed: bool = False
    torque: bool = False
    stopping: bool = False

    @property
    def plan(self) -> str:
        """The whole plan, as a file's text."""
        return _HEAD.format(name="_".join(self.name.split()), dut=self.dut) + self.steps

    def span_ns(self, journal: Iterable[JournalRecord]) -> tuple[int, int]:
        """When the bench was in this state in a run that went well. Raises ``LookupError`` if it never was."""
        records = list(journal)
        begin_ns = next((record.t_ns for record in records if self.begin.meets(record)), None)
        if begin_ns is None:
            raise LookupError(f"the run never came to {self.name}: no {self.begin.event} in its journal")
        end_ns = next((record.t_ns for record in records if self.end.meets(record) and record.t_ns > begin_ns), None)
        if end_ns is None:
            raise LookupError(f"the run never left {self.name}: no {self.end.event} in its journal")
        length_ns = end_ns - begin_ns
        return begin_ns + round(self.early * length_ns), end_ns - round(self.late * length_ns)


def instant_ns(span_ns: tuple[int, int], seed: int, name: str) -> int:
    """A moment of the span, by seed and the case's name, on no grid of ours: whole microseconds."""
    share = uniform(noise_state(seed, f"instant of {name}"))
    begin_ns, end_ns = span_ns
    return (begin_ns + round(share * (end_ns - begin_ns))) // 1000 * 1000


_REST = "  - dwell: {speed: 1000 rpm, torque: 0 Nm, time: 200 ms}\n"
_SPIN_UP = """\
  - dwell: {speed: 1000 rpm, torque: 0 Nm, time: 10 ms}
  - ramp: {to: {speed: 4000 rpm}, rates: {speed: 1000 rpm/s}}
  - dwell: {speed: 4000 rpm, torque: 0 Nm, time: 3 s}
"""
_HELD = """\
  - dwell: {{speed: {0}, torque: {1}, time: 100 ms}}
  - dwell: {{speed: {0}, torque: {1}, time: 5 s}}
"""
_MOTORING = _HELD.format("3000 rpm", "80 Nm")
_REGEN = _HELD.format("3000 rpm", "-80 Nm")
_FIELD = _HELD.format("6000 rpm", "60 Nm")
_RAMPING = """\
  - dwell: {speed: 3000 rpm, torque: 20 Nm, time: 100 ms}
  - ramp: {to: {torque: 140 Nm}, rates: {torque: 30 Nm/s}}
  - dwell: {speed: 3000 rpm, torque: 140 Nm, time: 3 s}
"""
_COOL_DOWN = """\
  - dwell: {speed: 2000 rpm, torque: 60 Nm, time: 1 s}
  - dwell: {speed: 2000 rpm, torque: 0 Nm, time: 100 ms}
  - dwell: {speed: 2000 rpm, torque: 0 Nm, time: 5 s}
"""
_SOON, _LATER = 0.02, 0.75
"""Of a point that is held: the fault comes early, and has the rest of the time to be noticed."""


def _step(event: str, number: int) -> Mark:
    return Mark(event, {"step": number})


STATES: Mapping[str, State] = {
    state.name: state
    for state in (
        State("idle", _REST, Mark("run_started"), Mark("arming", {"stage": "chain"}), lambda m: m.dead, unarmed=True),
        State(
            "arming", _REST, Mark("arming", {"stage": "pumps"}), Mark("arming", {"stage": "accept"}),
            lambda m: m.dead and m.coolant_l_min > 0.0, unarmed=True,
        ),
        State(
            "precharge", _REST, Mark("arming", {"stage": "precharge"}), Mark("arming", {"stage": "insulation_hv"}),
            lambda m: m.contactor and not m.pwm, early=0.15, late=0.45,
        ),
        State(
            "spin-up", _SPIN_UP, _step("step_started", 1), _step("step_finished", 1),
            lambda m: m.pwm and abs(m.torque_nm) < 5.0 and 950.0 < m.motor_rpm < 3950.0,
        ),
        State(
            "motoring", _MOTORING, _step("step_started", 1), _step("step_finished", 1),
            lambda m: m.torque_nm > 70.0 and m.motor_rpm > 2900.0, _SOON, _LATER, torque=True,
        ),
        State(
            "regen", _REGEN, _step("step_started", 1), _step("step_finished", 1),
            lambda m: m.torque_nm < -70.0 and m.motor_rpm > 2900.0, _SOON, _LATER, torque=True,
        ),
        State(
            "field-weakening", _FIELD, _step("step_started", 1), _step("step_finished", 1),
            lambda m: m.torque_nm > 50.0 and m.motor_rpm > _FIELD_RPM, _SOON, _LATER, dut=_PMSM, torque=True,
        ),
        State(
            "ramping", _RAMPING, _step("step_started", 1), _step("step_finished", 1),
            lambda m: m.torque_nm > 20.0 and m.motor_rpm > 2900.0, torque=True,
        ),
        State(
            "cool-down", _COOL_DOWN, _step("step_started", 2), _step("step_finished", 2),
            lambda m: abs(m.torque_nm) < 5.0 and m.motor_rpm > 1900.0, _SOON, _LATER,
        ),
        State(
            "stop in progress", _MOTORING, Mark("core_stop"), Mark("core_safe"), lambda _m: True,
            early=0.01, late=0.05, stopping=True,
        ),
    )
}  # fmt: skip

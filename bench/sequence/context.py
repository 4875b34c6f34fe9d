"""What a step may know: the DUT, the bench's facts and a model. Nothing here knows in which world the run is."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

from bench.analysis.uncertainty import Budget
from bench.base.ports import Twin
from bench.config.dyno import held_torque
from bench.sequence.arm.diagnosis import Examination
from bench.sequence.known import Known
from bench.sequence.point.charts import Charts
from bench.sequence.progress import Taken
from bench.sequence.travel.position import Position
from bench.sequence.verdict import Tally


@runtime_checkable
class DutFacts(Protocol):
    """What a step needs of a DUT (``bench.config.dut.Dut`` has it); speeds and torques are those of the motor shaft."""

    @property
    def name(self) -> str:
        """Name of the profile."""

    @property
    def machine(self) -> str:
        """``eesm`` or ``pmsm``."""

    @property
    def ac_access(self) -> bool:
        """Whether the phases can be measured."""

    @property
    def field_access(self) -> bool:
        """Whether the rotor field can be measured."""

    @property
    def speed_max_rpm(self) -> float:
        """Highest speed, rpm."""

    @property
    def torque_step_nm(self) -> float:
        """Resolution of the torque command, Nm."""

    def electrical_hz(self, speed_rpm: float) -> float:
        """Electrical frequency at a speed, Hz."""

    def torque_max_nm(self, speed_rpm: float) -> float:
        """Highest motoring torque of the envelope at a speed, Nm."""

    def torque_min_nm(self, speed_rpm: float) -> float:
        """Lowest (regenerating) torque of the envelope at a speed, Nm, negative."""

    def continuous_torque_nm(self, speed_rpm: float) -> float:
        """The torque that the unit can hold for good at a speed, Nm."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Which parts of the bench do what; names as in the channels."""

    dynos: tuple[str, ...] = ("dyno_l", "dyno_r")
    flanges: tuple[str, ...] = ("flange_l", "flange_r")
    supply: str = "supply"
    analyzer: str = "analyzer"
    elements: tuple[str, ...] = ("dc", "ac", "field", "aux")
    """What the analyzer's inputs are wired to."""
    on_can: tuple[str, ...] = ()
    """Those that the core itself speaks to: they have no link to be asked."""
    periphery: tuple[str, ...] = ()
    """Coolant, oil and bench I/O, where they have a link."""
    scanner: str = ""
    """Empty: the bench has no thermocouples of its own."""
    thermocouples: tuple[str, ...] = ()
    """Their channels."""

    @property
    def parts(self) -> tuple[str, ...]:
        """All parts that are asked for their identity and set up, in the order of arming."""
        measuring = (self.analyzer, self.scanner) if self.scanner else (self.analyzer,)
        return (*self.periphery, *measuring, *(dyno for dyno in self.dynos if dyno not in self.on_can), self.supply)


@dataclass(frozen=True, slots=True)
class ShuntSignal:
    """What a torque flange adds when it is told to, as the bench counts torque; ``place``: where the rig says so."""

    flange: str
    torque_nm: float
    tolerance_nm: float
    place: str


@dataclass(frozen=True, slots=True)
class BenchFacts:
    """Figures of the rig that the sequence works with.

    ``shaft_ratio`` is motor speed over flange speed (1 in layout ``motor``); dyno limits are those of one dyno.
    ``brake_full_rpm`` above 0: the dynos are brakes, which only absorb (``bench.config.dyno.held_torque``).
    """

    layout: str
    shaft_ratio: float
    dyno_speed_max_rpm: float
    dyno_torque_max_nm: float
    dyno_speed_rate_rpm_s: float
    supply_voltage_v: float
    supply_slew_v_s: float
    precharge_rate_v_s: float
    precharge_current_a: float
    precharge_timeout_s: float
    source_current_a: float
    sink_current_a: float
    insulation_min_ohm: float
    coolant_temp_degc: float
    coolant_flow_l_min: float
    oil_temp_degc: float
    oil_flow_l_min: float
    sign_speed_rpm: float = 200.0
    sign_torque_nm: float = 20.0
    sign_tolerance_nm: float = 5.0
    sign_hold_s: float = 1.0
    torque_rate_max_nm_s: float = 1000.0
    speed_rate_max_rpm_s: float = 1000.0
    dyno_power_max_w: float = math.inf
    insulation_doubts: tuple[str, ...] = ()
    """Channels that are 1 while the insulation told must not be believed."""
    update_s: float = 0.05
    """Of the analyzer: one measurement interval."""
    latency_s: float = 0.0
    """Of the analyzer: from the end of an interval to its values, as the rig file says."""
    warm_up_s: float = 0.0
    """Of the analyzer: how long to wait before anything is armed."""
    said_warm: bool = False
    """Somebody has said that it has been on for long enough."""
    brake_full_rpm: float = 0.0
    shunts: tuple[ShuntSignal, ...] = ()
    flange_torque_nm: float = math.inf
    """What the weakest torque flange can measure, at the flange."""
    guards: tuple[str, ...] = ()
    """Inputs that must be told and quiet (0): fire, leak."""

    @property
    def absorbing(self) -> bool:
        """Whether the dynos cannot turn the unit."""
        return self.brake_full_rpm > 0.0

    @property
    def sign_torques_nm(self) -> tuple[float, float]:
        """The two torques of the sign check, at the motor shaft: of both signs where something can turn the unit."""
        return self.sign_torque_nm, self.sign_torque_nm * (0.25 if self.absorbing else -1.0)

    def dyno_torque_nm(self, shaft_rpm: float) -> float:
        """What one dyno holds at a speed of its shaft."""
        return held_torque(self.dyno_torque_max_nm, self.dyno_power_max_w, self.brake_full_rpm, shaft_rpm)


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that a step is handed besides its own parameters.

    ``position`` (where the bench was sent last) and ``tally`` (points so far) go on from step to step. ``overridden``:
    expired calibrations that somebody has allowed by name, each with the certificate's number and last day. ``taken``:
    what the step takes over from a run that it goes on from. ``charts``: of the drift of reference points, over all
    steps. ``known``: this bench's channels.
    """

    dut: DutFacts
    bench: BenchFacts
    twin: Twin
    budget: Budget
    roles: Roles = Roles()
    examination: Examination = field(default_factory=Examination)
    overridden: tuple[tuple[str, str, str], ...] = ()
    position: Position = field(default_factory=Position)
    tally: Tally = field(default_factory=Tally)
    taken: Taken = field(default_factory=Taken)
    charts: Charts = field(default_factory=Charts)
    known: Known = field(default_factory=Known)

    @property
    def efficiencies(self) -> tuple[str, ...]:
        """The efficiencies that can be measured: all three with breakout access, else only the EDU's."""
        if self.phases_measured and (self.field_measured or not self.has_field):
            return ("pe", "motor_transmission", "edu")
        return ("edu",)

    @property
    def phases_measured(self) -> bool:
        """Whether the analyzer is wired to the phases, and the unit lets them be reached."""
        return self.dut.ac_access and "ac" in self.roles.elements

    @property
    def field_measured(self) -> bool:
        """Whether the analyzer is wired to the rotor winding, and the unit has one that can be reached."""
        return self.dut.field_access and self.has_field and "field" in self.roles.elements

    @property
    def has_field(self) -> bool:
        """Whether the machine has a rotor winding that takes power."""
        return self.dut.machine == "eesm"

    def fresh(self, expected: Mapping[str, str] | None = None, clear: bool = False) -> "Context":
        """The same facts for a new run: at standstill, with nothing counted yet; ``expected`` and ``clear``: what the
        plan asks for beyond the DUT file (``Examination``)."""
        known = self.examination
        examination = replace(known, expected={**known.expected, **(expected or {})}, clear=clear)
        return replace(self, examination=examination, position=Position(), tally=Tally(), charts=Charts())

    def flange_speed_rpm(self, motor_rpm: float) -> float:
        """The flange (half-shaft) speed that belongs to a motor speed."""
        return motor_rpm / self.bench.shaft_ratio

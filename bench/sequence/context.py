"""What a step may know: the DUT, the bench's facts and a model. Nothing here knows in which world the run is."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from bench.analysis.uncertainty import Budget
from bench.base.ports import Twin


@runtime_checkable
class DutFacts(Protocol):
    """What a step needs of a DUT (``bench.config.dut.Dut`` has it). Speeds are the motor's, torques the motor shaft's."""

    name: str
    ac_access: bool
    field_access: bool

    @property
    def speed_max_rpm(self) -> float:
        """Highest speed, rpm."""

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

    @property
    def parts(self) -> tuple[str, ...]:
        """All parts that are asked for their identity and set up, in the order of arming."""
        return (self.analyzer, *self.dynos, self.supply)


@dataclass(frozen=True, slots=True)
class BenchFacts:
    """Figures of the rig that the sequence works with.

    ``shaft_ratio`` is motor speed over flange speed (1 in layout ``motor``); dyno limits are those of one dyno.
    """

    layout: str
    shaft_ratio: float
    dyno_speed_max_rpm: float
    dyno_torque_max_nm: float
    dyno_speed_rate_rpm_s: float
    supply_voltage_v: float
    supply_slew_v_s: float
    precharge_current_a: float
    source_current_a: float
    sink_current_a: float
    insulation_min_ohm: float
    coolant_temp_degc: float
    coolant_flow_l_min: float
    oil_temp_degc: float
    oil_flow_l_min: float


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that a step is handed besides its own parameters."""

    dut: DutFacts
    bench: BenchFacts
    twin: Twin
    budget: Budget
    roles: Roles = Roles()  # noqa: RUF009  (frozen)
    total_points: int = 0

    @property
    def efficiencies(self) -> tuple[str, ...]:
        """The efficiencies that can be measured: all three with breakout access, else only the EDU's."""
        if self.dut.ac_access and self.dut.field_access:
            return ("pe", "motor_transmission", "edu")
        return ("edu",)

    def flange_speed_rpm(self, motor_rpm: float) -> float:
        """The flange (half-shaft) speed that belongs to a motor speed."""
        return motor_rpm / self.bench.shaft_ratio

"""Where the sequence has sent the bench, and how fast it goes from there."""

from dataclasses import dataclass

from bench.schedule.requests import Condition


@dataclass(frozen=True, slots=True)
class Rates:
    """How fast to move: motor speed in rpm/s, torque in Nm/s."""

    speed_rpm_s: float = 500.0
    torque_nm_s: float = 200.0


@dataclass(slots=True)
class Position:
    """Set-points in force: motor speed and torque at the motor shaft; ``supply_v`` where a plan has set another voltage
    than the rig's. ``doubt``: why a measurement here would be flagged (it did not settle); \"\": it would not.
    ``settled``: by which conditions of the core, and within how many seconds, the bench was found steady here."""

    speed_rpm: float = 0.0
    torque_nm: float = 0.0
    supply_v: float | None = None
    doubt: str = ""
    settled: tuple[tuple[Condition, ...], float] | None = None

    def move(self, to: "Position") -> None:
        """Take over another position."""
        self.speed_rpm, self.torque_nm = to.speed_rpm, to.torque_nm

"""The books of an endurance step: counts, hours, collectives and damage, from rows alone (``endurance_row``)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np

from bench.analysis.collective import RainflowMatrix, TimeAtLevel
from bench.analysis.miner import SnCurve
from bench.analysis.module_life import Cips08, Lesit, ModuleDamage, module_damage
from bench.analysis.rainflow import Cycles, Rainflow
from bench.sequence.endurance.parameters import DamageParameters

Row = Mapping[str, Any]


@dataclass(slots=True)
class Loads:
    """One quantity: its count, and the collective of all closed cycles."""

    flow: Rainflow
    matrix: RainflowMatrix

    def take(self, points: list[list[float]]) -> Cycles:
        """Further turning points; the cycles that they close."""
        at, values = np.array(points, np.float64).reshape(-1, 2).T
        closed = self.flow.feed(values, at)
        self.matrix.add(closed)
        return closed

    def whole(self) -> RainflowMatrix:
        """With what is still open, as half cycles."""
        matrix = RainflowMatrix(self.matrix.width, dict(self.matrix.counts))
        matrix.add(self.flow.rest())
        return matrix

    def state(self) -> dict[str, Any]:
        """As plain values, exact."""
        return {"flow": self.flow.state(), "matrix": self.matrix.state()}

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Self:
        """From ``state``."""
        return cls(Rainflow.of(state["flow"]), RainflowMatrix.of(state["matrix"]))


@dataclass(slots=True)
class Book:
    """``cycles``: in band; ``load_s``: their time, which is what counts as hours at load; ``under_s``: all time under
    cycles. Damages are of closed cycles; ``figures`` adds what is open."""

    damage: DamageParameters
    torque: Loads
    junction: Loads
    winding: TimeAtLevel
    cycles: int = 0
    out_of_band: int = 0
    load_s: float = 0.0
    under_s: float = 0.0
    torque_damage: float = 0.0
    insulation_damage: float = 0.0
    lesit: ModuleDamage = field(default_factory=ModuleDamage)
    cips08: ModuleDamage = field(default_factory=ModuleDamage)
    hottest: dict[str, float] = field(default_factory=dict)

    @classmethod
    def begun(cls, damage: DamageParameters) -> Self:
        """An empty one."""
        kelvin = damage.temperature_class
        torque, junction = RainflowMatrix(damage.torque_class), RainflowMatrix(kelvin)
        return cls(damage, Loads(Rainflow(), torque), Loads(Rainflow(), junction), TimeAtLevel(kelvin))

    @property
    def rows(self) -> int:
        """Cycles so far, in band or not."""
        return self.cycles + self.out_of_band

    def take(self, row: Row) -> None:
        """Count one more."""
        self.cycles += row["in_band"]
        self.out_of_band += not row["in_band"]
        self.load_s += row["s"] if row["in_band"] else 0.0
        self.under_s += row["s"]
        self.torque_damage += curve_of(self.damage).damage(self.torque.take(row["torque"]))
        closed = self.junction.take(row["junction"])
        self.lesit += module_damage(Lesit(), closed)
        self.cips08 += module_damage(_cips08(self.damage), closed)
        for place, seconds in row["winding"]:
            self.winding.seconds[place] = self.winding.seconds.get(place, 0.0) + seconds
        self.insulation_damage += row["insulation"]
        for name in ("winding_max", "junction_max"):
            if row[name] is not None:
                self.hottest[name] = max(row[name], self.hottest.get(name, row[name]))

    def pass_over(self, cycles: int) -> None:
        """Count so many as the average of those before, without their loads: they were only foreseen."""
        each_s = self.under_s / self.rows
        self.cycles += cycles
        self.load_s += cycles * each_s
        self.under_s += cycles * each_s

    def figures(self) -> dict[str, float | None]:
        """Plain values for the journal's last word and the report; what is open counts as half cycles."""
        rest = self.junction.flow.rest()
        lesit, cips08 = (
            self.lesit + module_damage(Lesit(), rest),
            self.cips08 + module_damage(_cips08(self.damage), rest),
        )
        torque = self.torque_damage + curve_of(self.damage).damage(self.torque.flow.rest())
        return {
            "cycles": self.cycles,
            "out_of_band": self.out_of_band,
            "load_s": self.load_s,
            "under_s": self.under_s,
            "torque_damage": torque,
            "insulation_damage": self.insulation_damage,
            **{f"lesit_{name}": value for name, value in asdict(lesit).items()},
            **{f"cips08_{name}": value for name, value in asdict(cips08).items()},
            **{f"{name}_degc": self.hottest.get(name) for name in ("winding_max", "junction_max")},
        }

    def state(self) -> dict[str, Any]:
        """As plain values, exact: who begins from here and takes the rows that follow has the same book."""
        return {
            "cycles": self.cycles,
            "out_of_band": self.out_of_band,
            "load_s": self.load_s,
            "under_s": self.under_s,
            "torque": self.torque.state(),
            "torque_damage": self.torque_damage,
            "junction": self.junction.state(),
            "lesit": asdict(self.lesit),
            "cips08": asdict(self.cips08),
            "winding": self.winding.state(),
            "insulation_damage": self.insulation_damage,
            "hottest": dict(self.hottest),
        }

    @classmethod
    def of(cls, state: Mapping[str, Any], damage: DamageParameters) -> Self:
        """From ``state``."""
        plain = ("cycles", "out_of_band", "load_s", "under_s", "torque_damage", "insulation_damage")
        return cls(
            damage,
            Loads.of(state["torque"]),
            Loads.of(state["junction"]),
            TimeAtLevel.of(state["winding"]),
            **{name: state[name] for name in plain},
            lesit=ModuleDamage(**state["lesit"]),
            cips08=ModuleDamage(**state["cips08"]),
            hottest=dict(state["hottest"]),
        )


def curve_of(damage: DamageParameters) -> SnCurve:
    """The plan's Woehler curve."""
    of = damage.torque
    return SnCurve(of.range, of.cycles, of.slope, of.below, "measured" if of.measured else "assumed")


def _cips08(damage: DamageParameters) -> Cips08:
    of = damage.module
    return Cips08(of.current, of.voltage, of.bond)

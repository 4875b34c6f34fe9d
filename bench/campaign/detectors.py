"""What notices faults, as rows of the core's program that can be switched off: with each off, its fault must be missed.

A campaign that were met with a detector switched off would not show that the detector is of any use.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.assembly import Drawing
from bench.campaign.catalogue import find_fault
from bench.campaign.fault import Fault
from bench.core.causes import Cause
from bench.core.program import Program

_NEVER_NS, _NEVER = 1 << 60, 1 << 30
Off = Callable[[Drawing, Program], None]


@dataclass(frozen=True, slots=True)
class Detector:
    """``off`` switches it off in a program of its own; then ``fault`` in ``state`` under ``seed`` must not be met."""

    name: str
    off: Off
    fault: Fault
    state: str
    seed: int = 1

    def switched_off(self, drawing: Drawing) -> Program:
        """The program of ``drawing`` without it. Raises ``LookupError`` if it has no such row."""
        own = drawing.program
        tables = ("limits", "rx_rules", "roles")
        program = own._replace(**{name: getattr(own, name).copy() for name in tables})
        self.off(drawing, program)
        return program


def _limits(*names: str) -> Off:
    def off(drawing: Drawing, program: Program) -> None:
        found = [place for place, limit in enumerate(drawing.design.limits) if limit.name in names]
        if {drawing.design.limits[place].name for place in found} != set(names):
            raise LookupError(f"the program has not all of the limits {', '.join(names)}")
        program.limits["modes"][found] = 0

    return off


def _message(name: str, field: str, value: int) -> Off:
    def off(drawing: Drawing, program: Program) -> None:
        rows = program.rx_rules["message"] == drawing.can.messages.index(name)
        if not rows.any():
            raise LookupError(f"the program has no rule for {name}")
        program.rx_rules[field][rows] = value

    return off


def _own_identifiers(_drawing: Drawing, program: Program) -> None:
    program.roles[:] = 0


def _of_parts(*parts: str) -> Off:
    """Every limit on a channel of these parts: any of them notices that an instrument is silent."""

    def off(drawing: Drawing, program: Program) -> None:
        for place, limit in enumerate(drawing.design.limits):
            judged = {limit.channel, *(channel for channel, _ in limit.minus)}
            if any(channel.partition(".")[0] in parts for channel in judged):
                program.limits["modes"][place] = 0

    return off


def _named(name: str, *causes: Cause) -> Fault:
    """The fault, noticed as what it is: not by marks of single frames, and by no other stop than these."""
    fault = find_fault(name)
    return replace(fault, signs=(), causes=causes or fault.causes)


def _of_limits(rows: Sequence[tuple[Any, ...]]) -> tuple[Detector, ...]:
    """(names, fault, state, seed) each."""
    return tuple(
        Detector("limit " + " and ".join(names), _limits(*names), find_fault(fault), state, seed)
        for names, fault, state, seed in rows
    )


_FROZEN = _named("F-03", Cause.COUNTER_FROZEN)
_ANALYZER = ("dc", "ac", "field", "aux", "flange_l", "flange_r")
DETECTORS: tuple[Detector, ...] = (
    *_of_limits(
        (
            (("motor overspeed", "motor speed against dynos", "half-shaft speeds"), "F-19", "field-weakening", 1),
            (("DC link over-voltage",), "F-31", "regen", 1),
            (("DC link over-current",), "F-30", "field-weakening", 1),
            (("winding too hot",), "F-23", "motoring", 1),
            (("coolant.flow of the rig",), "F-25", "motoring", 1),
            (("oil.flow of the rig", "oil.pressure of the rig"), "F-26", "motoring", 1),
            (("HVIL closed",), "F-27", "motoring", 1),
            (("insulation",), "F-28", "motoring", 1),
            (("inverter fault",), "X-07", "motoring", 1),
            (("dyno_r tripped",), "X-02", "motoring", 1),
            (("motor speed against dynos",), "F-22", "motoring", 2),
            (("half-shaft speeds",), "X-01", "motoring", 1),
        )
    ),
    Detector("age of EDU_STATUS", _message("EDU_STATUS", "max_age_ns", _NEVER_NS), find_fault("F-01"), "motoring", 3),
    Detector("age of EDU_DC", _message("EDU_DC", "max_age_ns", _NEVER_NS), find_fault("F-01"), "motoring", 1),
    Detector("age of IO_STATUS", _message("IO_STATUS", "max_age_ns", _NEVER_NS), find_fault("F-01"), "motoring", 2),
    Detector("age of IMD_STATUS", _message("IMD_STATUS", "max_age_ns", _NEVER_NS), find_fault("F-29"), "motoring"),
    Detector("counter of EDU_STATUS", _message("EDU_STATUS", "frozen_max", _NEVER), _FROZEN, "motoring", 2),
    Detector("counter of IO_STATUS", _message("IO_STATUS", "frozen_max", _NEVER), _FROZEN, "motoring", 1),
    Detector("bad frames of EDU_STATUS", _message("EDU_STATUS", "bad_max", _NEVER), _named("F-05"), "motoring", 3),
    Detector("limit dyno_l tripped", _limits("dyno_l tripped"), _named("F-17", Cause.DYNO_TRIPPED), "motoring", 2),
    Detector("silence of the supply", _of_parts("supply"), find_fault("F-40"), "motoring", 1),
    Detector("silence of the analyzer", _of_parts(*_ANALYZER), find_fault("F-41"), "motoring", 2),
    Detector("silence of a dyno", _of_parts("dyno_l"), find_fault("F-40"), "motoring", 3),
    Detector("own identifier", _own_identifiers, find_fault("F-13"), "motoring"),
)
"""Stops of the adapter (bus-off) and of the sequence are no rows of a table; their faults have tests of their own."""

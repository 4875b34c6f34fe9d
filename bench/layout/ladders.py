"""The stop ladders as tables: command, independent confirmation, deadline, and what follows a miss.

Order and traps: inverter disabled first at speed is wrong; a tripped dyno lets the shaft run; contactors open before
the discharge, so that a weld shows as voltage; cooling goes on. Source: fault catalogue of the project, section 2 (S1).
"""

from collections.abc import Iterable, Iterator

from bench.base.time import NS_PER_MS, ns
from bench.config.dut import Dut
from bench.config.rig import Rig
from bench.core.design import AT_ONCE, Action, Confirm, Rung
from bench.core.tables import ABOVE, ABS_BELOW, ARRIVED, BELOW, STOP_CONTROLLED, STOP_FREEZE, STOP_HARDWARE
from bench.layout.setpoints import shaft_ratio

_FRESH_NS = 1_000 * NS_PER_MS
_ASK_CHAIN = (Action("io.chain_request", 0.0, AT_ONCE),)


def ladders(rig: Rig, dut: Dut, off: Iterable[str] = ()) -> dict[int, tuple[Rung, ...]]:
    """By stop class: freeze (2), controlled (1), hardware chain (0). ``off``: channels that besides ``dut.state`` must
    be zero before the inverter counts as off."""
    controlled = (*_torque_and_speed(rig, dut), *_de_energise(rig, dut, off))
    return {
        STOP_FREEZE: (_torque_to_zero(rig, dut),),
        STOP_CONTROLLED: controlled,
        STOP_HARDWARE: (_ask_chain(), *controlled),
    }


def energised(rig: Rig) -> tuple[Confirm, ...]:
    """Any of these holding means energised."""
    return (
        Confirm("dut.dc_voltage", ABOVE, rig.stopping.safe_voltage),
        Confirm("supply.voltage", ABOVE, rig.stopping.safe_voltage),
        Confirm("dut.state", ABOVE, 1.5),
    )


def _ask_chain() -> Rung:
    return Rung(
        "ask the hardware chain",
        actions=(*_ASK_CHAIN, Action("dut.torque_cmd", 0.0, AT_ONCE)),
        confirms=(Confirm("io.chain_closed", BELOW, 0.5),),
        deadline_ns=500 * NS_PER_MS,
    )


def _no_load(rig: Rig) -> Confirm:
    """|P_dc| below the no-load power at this speed and a margin: a fixed current would escalate each stop at speed."""
    return Confirm("dc.power", ABS_BELOW, rig.stopping.no_load_power, slope=0.35, other="dut.speed", stale_ns=_FRESH_NS)


def _torque_to_zero(rig: Rig, dut: Dut) -> Rung:
    share = rig.stopping.flange_torque / 100.0
    flanges = (
        Confirm(f"{name}.torque", ABS_BELOW, share * f.nominal_torque, stale_ns=_FRESH_NS)
        for name, f in rig.flanges.items()
    )
    ramp_s = max(dut.torque_max_nm(0.0), -dut.torque_min_nm(0.0)) / rig.stopping.torque_rate
    return Rung(
        "torque to zero",
        actions=(Action("dut.torque_cmd", 0.0), Action("io.shunt_cmd", 0.0, AT_ONCE)),
        confirms=(Confirm("dut.torque_cmd", ARRIVED), *flanges, _no_load(rig)),
        hold_ns=50 * NS_PER_MS,
        deadline_ns=ns(ramp_s + rig.stopping.torque_timeout),
        on_miss=_ASK_CHAIN,
    )


def _torque_and_speed(rig: Rig, dut: Dut) -> Iterator[Rung]:
    stopping = rig.stopping
    yield _torque_to_zero(rig, dut)
    motor_standstill = stopping.standstill * shaft_ratio(rig, dut)
    yield Rung(
        "speed down",
        actions=tuple(Action(f"{name}.speed_cmd", 0.0) for name in rig.dynos),
        confirms=(
            *(Confirm(f"{name}.speed", ABS_BELOW, stopping.standstill, stale_ns=_FRESH_NS) for name in rig.flanges),
            Confirm("dut.speed", ABS_BELOW, motor_standstill),
        ),
        hold_ns=100 * NS_PER_MS,
        deadline_ns=ns(stopping.speed_timeout),
        on_miss=_ASK_CHAIN,
    )


def _at_rest(rig: Rig) -> Iterator[Confirm]:
    """Before the dynos let go: a shaft that was held fast for a while stood still while they were still asked to turn
    it, and turned again when it came free."""
    for name in rig.dynos:
        yield Confirm(f"{name}.speed_cmd", ARRIVED)
    for name in rig.flanges:
        yield Confirm(f"{name}.speed", ABS_BELOW, rig.stopping.standstill, stale_ns=_FRESH_NS)


def _de_energise(rig: Rig, dut: Dut, off: Iterable[str]) -> Iterator[Rung]:
    stopping = rig.stopping
    decayed = (Confirm("dut.field_current", BELOW, 0.6),) if dut.machine == "eesm" else ()
    yield Rung(
        "inverter off",
        actions=(Action("dut.state_request", 0.0, AT_ONCE),),
        confirms=(Confirm("dut.state", BELOW, 0.5), *(Confirm(name, BELOW, 0.5) for name in off), *decayed),
        hold_ns=20 * NS_PER_MS,
        deadline_ns=ns(stopping.inverter_timeout),
        on_miss=_ASK_CHAIN,
    )
    yield Rung(
        "DC output off",
        actions=(Action("supply.voltage_cmd", 0.0, AT_ONCE), Action("supply.output_cmd", 0.0, AT_ONCE)),
        confirms=(
            Confirm("supply.output", BELOW, 0.5, stale_ns=_FRESH_NS),
            Confirm("dc.current", ABS_BELOW, stopping.contactor_current, stale_ns=_FRESH_NS),
        ),
        deadline_ns=ns(stopping.output_timeout),
        on_miss=_ASK_CHAIN,
    )
    yield Rung(
        "contactors open",
        actions=(Action("io.contactor_cmd", 0.0, AT_ONCE),),
        confirms=(
            Confirm("io.contactor_plus", BELOW, 0.5),
            Confirm("io.contactor_minus", BELOW, 0.5),
            Confirm("dc.current", ABS_BELOW, stopping.contactor_current, stale_ns=_FRESH_NS),
        ),
        deadline_ns=ns(stopping.contactor_timeout),
        on_miss=_ASK_CHAIN,
    )
    yield Rung(
        "discharge",
        actions=(Action("dut.discharge_cmd", 1.0, AT_ONCE),),
        confirms=(
            Confirm("dut.dc_voltage", BELOW, stopping.safe_voltage),
            Confirm("dc.voltage", ABS_BELOW, stopping.safe_voltage, stale_ns=_FRESH_NS),
            Confirm("supply.voltage", ABS_BELOW, stopping.safe_voltage, stale_ns=_FRESH_NS),
            *_at_rest(rig),
        ),
        hold_ns=100 * NS_PER_MS,
        deadline_ns=ns(stopping.discharge_timeout),
    )
    yield Rung(
        "dynos off, cooling runs on",
        actions=(
            Action("dut.discharge_cmd", 0.0, AT_ONCE),
            *(Action(f"{name}.enable_cmd", 0.0, AT_ONCE) for name in rig.dynos),
        ),
        confirms=tuple(Confirm(f"{name}.state", BELOW, 0.5, stale_ns=_FRESH_NS) for name in rig.dynos),
        min_ns=ns(stopping.cooling_after),
        deadline_ns=ns(stopping.cooling_after + 5.0),
    )

"""Every set-point of a bench, with its range and rates: the strictest of DUT and rig counts."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from bench.config.dut import Dut
from bench.config.rig import Rig
from bench.core.design import Envelope, Setpoint

_SPEED_STEP_RPM = 250.0


def setpoints(rig: Rig, dut: Dut, without: Collection[str] = ()) -> Iterator[Setpoint]:
    """All set-points, in the units of their channels; those in ``without`` cannot be followed and stay at zero."""
    for setpoint in _dut(rig, dut):
        yield replace(setpoint, low=0.0, high=0.0) if setpoint.channel in without else setpoint
    yield from _dynos(rig)
    yield from _supply(rig)
    yield from _conditioner(rig)
    yield Setpoint("io.contactor_cmd", 0.0, 1.0)
    yield Setpoint("io.chain_request", 0.0, 1.0, initial=1.0, always=True)
    yield Setpoint("io.watchdog", 0.0, 1.0, toggle=True, always=True)
    yield Setpoint("io.shunt_cmd", 0.0, 1.0, always=True)  # for use before arming; while armed a limit forbids it


def _dut(rig: Rig, dut: Dut) -> Iterator[Setpoint]:
    limits = [_torques(rig, dut, s) for s in _speeds(dut)]
    low, high = min(low for low, _ in limits), max(high for _, high in limits)
    yield Setpoint(
        "dut.torque_cmd", low, high, rate_max=rig.ramps.torque, safe_rate=rig.stopping.torque_rate, freeze_value=0.0,
        derate=0.7,
    )  # fmt: skip
    yield Setpoint("dut.state_request", 0.0, 2.0)
    yield Setpoint("dut.discharge_cmd", 0.0, 1.0)
    yield Setpoint("dut.short_circuit_cmd", 0.0, 1.0)


def _dynos(rig: Rig) -> Iterator[Setpoint]:
    for name, dyno in rig.dynos.items():
        yield Setpoint(
            f"{name}.speed_cmd", 0.0 if dyno.absorbing else -dyno.speed_max, dyno.speed_max,
            rate_max=dyno.speed_rate_max, safe_rate=rig.stopping.speed_rate,
        )  # fmt: skip
        yield Setpoint(f"{name}.enable_cmd", 0.0, 1.0)


def _supply(rig: Rig) -> Iterator[Setpoint]:
    supply = rig.supply
    yield Setpoint(
        "supply.voltage_cmd", 0.0, min(supply.voltage_max, supply.protection.over_voltage),
        rate_max=supply.slew, safe_rate=rig.stopping.voltage_rate,
    )  # fmt: skip
    yield Setpoint("supply.current_cmd", 0.0, supply.current_limit)
    yield Setpoint("supply.sink_current_cmd", 0.0, supply.sink_current_limit)
    yield Setpoint("supply.output_cmd", 0.0, 1.0)


def _conditioner(rig: Rig) -> Iterator[Setpoint]:
    for name, circuit in (("coolant", rig.conditioner.coolant), ("oil", rig.conditioner.oil)):
        cold = min(max(rig.ambient, circuit.temperatures.low), circuit.temperatures.high)
        yield Setpoint(
            f"{name}.temp_cmd", circuit.temperatures.low, circuit.temperatures.high,
            rate_max=circuit.rate_max, initial=cold, always=True,
        )  # fmt: skip
        yield Setpoint(f"{name}.flow_cmd", 0.0, circuit.flows.high, always=True)


def envelope(rig: Rig, dut: Dut) -> Envelope:
    """The torque that the DUT and the dynos allow over the motor's speed."""
    ratio = shaft_ratio(rig, dut)
    return Envelope(
        torque="dut.torque_cmd",
        actual_speed="dut.speed",
        speeds={f"{name}.speed_cmd": ratio for name in rig.dynos},
        points=tuple((s, *_torques(rig, dut, s)) for s in _speeds(dut)),
    )


def _torques(rig: Rig, dut: Dut, motor_rpm: float) -> tuple[float, float]:
    """Lowest and highest torque at the motor shaft. Brakes turn nothing, and hold no more than they can absorb; at low
    speed, where they hold less, it is not less, since the unit has to start."""
    low, high = dut.torque_min_nm(motor_rpm), dut.torque_max_nm(motor_rpm)
    if not rig.absorbing:
        return low, high
    ratio = shaft_ratio(rig, dut)
    fast = max(motor_rpm / ratio, *(dyno.full_torque_speed or 0.0 for dyno in rig.dynos.values()))
    return 0.0, min(high, sum(dyno.torque_at(fast) for dyno in rig.dynos.values()) / ratio)


def shaft_ratio(rig: Rig, dut: Dut) -> float:
    """Motor speed over the speed of a flange: 1 where the dyno sits on the motor's shaft."""
    return dut.ratio.value if rig.layout == "e_axle" else 1.0


def _speeds(dut: Dut) -> list[float]:
    """From standstill to the highest speed, with the corners of the curves."""
    steps = int(dut.speed_max_rpm // _SPEED_STEP_RPM)
    corners = [speed for speed, _ in dut.envelope.peak_torque.points if 0.0 < speed < dut.speed_max_rpm]
    return sorted({0.0, *(n * _SPEED_STEP_RPM for n in range(1, steps + 1)), *corners, dut.speed_max_rpm})

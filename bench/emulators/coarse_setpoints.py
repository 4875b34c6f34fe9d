"""Set-points of a coarse bench: where each is at a time, and which operating point they give together."""

import math
from collections.abc import Iterable
from typing import NamedTuple

from bench.base.time import ns
from bench.core.design import Setpoint
from bench.sequence.context import Context

_RUN = 2.0
MEDIA = ("coolant.temp_cmd", "coolant.flow_cmd", "oil.temp_cmd", "oil.flow_cmd")


class Operating(NamedTuple):
    """Motor speed in rpm, torque in Nm, the supply's voltage; whether the inverter runs."""

    speed_rpm: float
    torque_nm: float
    voltage_v: float
    running: bool


class _Way(NamedTuple):
    """From one value to another: where from, where to, when, until when."""

    origin: float
    target: float
    begin_ns: int
    end_ns: int

    def at(self, t_ns: int) -> float:
        if t_ns >= self.end_ns:
            return self.target
        return self.origin + (self.target - self.origin) * (t_ns - self.begin_ns) / (self.end_ns - self.begin_ns)


class Setpoints:
    """All of them, by channel; one that was never set is zero."""

    def __init__(self, context: Context, setpoints: Iterable[Setpoint]) -> None:
        self._context = context
        rules = {setpoint.channel: setpoint for setpoint in setpoints}
        self._ways = {name: _Way(rule.initial, rule.initial, 0, 0) for name, rule in rules.items()}
        self._highest = {name: rule.rate_max for name, rule in rules.items()}

    def move(self, channel: str, target: float, rate: float, t_ns: int) -> None:
        """To ``target`` at ``rate`` per second (0: its highest) from ``t_ns`` on."""
        here, most = self.at(channel, t_ns), self._highest.get(channel, math.inf)
        takes_s = abs(target - here) / (min(rate, most) if rate else most)
        self._ways[channel] = _Way(here, target, t_ns, t_ns + ns(takes_s))

    def at(self, channel: str, t_ns: int) -> float:
        """Where it is."""
        way = self._ways.get(channel)
        return way.at(t_ns) if way else 0.0

    def arrived_ns(self, channel: str) -> int:
        """When it has arrived."""
        way = self._ways.get(channel)
        return way.end_ns if way else 0

    def moving(self, t_ns: int) -> bool:
        """Whether any is on its way that changes the operating point; coolant and oil take minutes."""
        return any(way.end_ns > t_ns for name, way in self._ways.items() if name not in MEDIA)

    def media(self, t_ns: int) -> dict[str, float]:
        """What coolant and oil are told."""
        return {name: self.at(name, t_ns) for name in MEDIA}

    def operating(self, t_ns: int) -> Operating:
        """What they give together."""
        roles, ratio = self._context.roles, self._context.bench.shaft_ratio
        flange_rpm = self.at(f"{roles.dynos[0]}.speed_cmd", t_ns)
        on = self.at(f"{roles.supply}.output_cmd", t_ns) > 0.5
        volts = self.at(f"{roles.supply}.voltage_cmd", t_ns) if on else 0.0
        running = self.at("dut.state_request", t_ns) == _RUN and volts > 0.0
        return Operating(flange_rpm * ratio, self.at("dut.torque_cmd", t_ns), volts, running)

    def value(self, channel: str, t_ns: int) -> float | None:
        """Of a channel that follows a set-point closely; None: nobody here knows."""
        point, roles = self.operating(t_ns), self._context.roles
        flange_rpm = point.speed_rpm / self._context.bench.shaft_ratio
        known = {
            "dut.speed": point.speed_rpm,
            "dut.torque_echo": point.torque_nm,
            "dc.voltage": point.voltage_v,
            "dut.dc_voltage": point.voltage_v,
            f"{roles.supply}.voltage": point.voltage_v,
            **{f"{part}.speed": flange_rpm for part in (*roles.dynos, *roles.flanges)},
        }
        return known.get(channel)

    def rest(self, t_ns: int) -> None:
        """What a stop leaves."""
        supply = self._context.roles.supply
        resting = ("dut.torque_cmd", "dut.state_request", f"{supply}.voltage_cmd", f"{supply}.output_cmd")
        for channel in (*resting, *(f"{dyno}.speed_cmd" for dyno in self._context.roles.dynos)):
            self._ways[channel] = _Way(0.0, 0.0, t_ns, t_ns)

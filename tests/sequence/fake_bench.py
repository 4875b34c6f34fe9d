"""A small bench of its own for the sequence: ideal physics, ideal instruments, and faults on request.

It answers every request that steps may make, from a model that shares no code with the plant.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.base.errors import LinkTimeout
from bench.base.ports import Identity
from bench.base.quality import Quality
from bench.base.reading import Reading
from bench.base.records import CMD_ARM, CMD_STOP
from bench.core.causes import Cause
from bench.schedule.outcomes import Held, SetpointRefused, Stopped
from bench.schedule.requests import (
    Alike,
    Ask,
    BusReport,
    Collect,
    Collected,
    Command,
    Condition,
    Measure,
    Now,
    Operation,
    Ramp,
    Read,
    Record,
    Segment,
    Sleep,
    SleepUntil,
    StopReport,
    Until,
    UntilSafe,
    Window,
)

STEP_NS = 50_000_000
RAD_S = math.pi / 30.0
ALWAYS = ("io.", "coolant.", "oil.")


class FakeDut:
    """400 Nm to 5000 rpm, then constant power; continuous torque half of it."""

    name = "fake"
    machine = "eesm"
    ac_access = True
    field_access = True
    speed_max_rpm = 14000.0
    torque_step_nm = 0.05

    def electrical_hz(self, speed_rpm: float) -> float:
        return abs(speed_rpm) / 60.0 * 4.0

    def torque_max_nm(self, speed_rpm: float) -> float:
        return 400.0 * min(1.0, 5000.0 / max(speed_rpm, 1.0))

    def torque_min_nm(self, speed_rpm: float) -> float:
        return -self.torque_max_nm(speed_rpm)

    def continuous_torque_nm(self, speed_rpm: float) -> float:
        return 0.5 * self.torque_max_nm(speed_rpm)


class FakeTwin:
    """Predicts what the fake bench does."""

    def predict(self, speed_rpm: float, torque_nm: float) -> dict[str, float]:
        return powers(speed_rpm, torque_nm)


def powers(speed_rpm: float, torque_nm: float, winding_degc: float = 80.0) -> dict[str, float]:
    """Steady values at an operating point; losses grow with torque, speed and temperature."""
    w = speed_rpm * RAD_S
    shaft = torque_nm * w
    copper = 0.04 * torque_nm**2 * (1.0 + 0.00393 * (winding_degc - 80.0))
    out = shaft - 0.015 * abs(shaft) - 0.9 * w
    field_w = 200.0 + 2.0 * abs(torque_nm)
    ac = shaft + copper + 0.4 * w
    dc = ac + field_w + 150.0 + 0.012 * abs(ac)
    flange_rpm = speed_rpm / 8.774
    flange_nm = out / (flange_rpm * RAD_S) / 2.0 if flange_rpm else 0.0
    volts = 400.0
    field_a = math.sqrt(field_w / 10.0)
    return {
        "dc.power": dc, "dc.voltage": volts, "dc.current": dc / volts,
        "ac.power": ac, "ac.voltage": 0.02 * speed_rpm + 10.0, "ac.current": 1.5 * abs(torque_nm) + 10.0,
        "ac.frequency": speed_rpm / 20.0,
        "field.power": field_w, "field.current": field_a, "field.voltage": 10.0 * field_a, "aux.power": 40.0,
        "flange_l.torque": flange_nm, "flange_r.torque": flange_nm, "flange_l.speed": flange_rpm,
        "flange_r.speed": flange_rpm, "flange_l.power": out / 2.0, "flange_r.power": out / 2.0,
    }  # fmt: skip


class FakeBench:
    """Runs one operation to its end in virtual time. ``tamper`` may change the image after each step."""

    def __init__(self, tamper: Callable[["FakeBench", dict[str, float]], None] | None = None) -> None:
        self.t_ns = 0
        self.tamper = tamper
        self.journal: list[tuple[str, dict[str, Any]]] = []
        self.asked: list[tuple[str, str]] = []
        self.commands: list[int] = []
        self.ramps: list[Ramp] = []
        self.targets: dict[str, tuple[float, float]] = {}
        self.setpoints: dict[str, float] = {"dut.state_request": 0.0, "dut.torque_cmd": 0.0}
        self.winding = 25.0
        self.armed = False
        self.stop: Stopped | None = None
        self.pending_stop: Stopped | None = None
        self.silent: set[str] = set()
        self.history: dict[str, list[float]] = {}
        self.stop_confirmed = True
        self.stop_at_event: tuple[str, Stopped] | None = None
        self.image: dict[str, float] = {}
        self.collecting: dict[str, list[tuple[int, float]]] | None = None
        self._step()

    # --- physics ---------------------------------------------------------------------------------------------------
    def _step(self) -> None:
        self.t_ns += STEP_NS
        dt = STEP_NS / 1e9
        for channel, (target, rate) in list(self.targets.items()):
            here = self.setpoints.get(channel, 0.0)
            move = abs(target - here) if rate <= 0 else min(abs(target - here), rate * dt)
            self.setpoints[channel] = here + math.copysign(move, target - here)
            if self.setpoints[channel] == target:
                del self.targets[channel]
        get = self.setpoints.get
        flange_rpm = get("dyno_l.speed_cmd", 0.0) if get("dyno_l.enable_cmd", 0.0) else 0.0
        speed = flange_rpm * 8.774
        running = get("dut.state_request", 0.0) == 2.0
        torque = get("dut.torque_cmd", 0.0) if running else 0.0
        self.winding += (get("coolant.temp_cmd", 25.0) + 0.0006 * torque**2 - self.winding) * dt / 20.0
        image = powers(speed, torque, self.winding)
        closed, on = get("io.contactor_cmd", 0.0), get("supply.output_cmd", 0.0)
        volts = get("supply.voltage_cmd", 0.0) * on
        image["dc.voltage"] = volts * closed
        image.update(
            {
                "supply.voltage": volts, "supply.output": on, "supply.current": image["dc.current"],
                "io.key_switch": 1.0, "io.door_closed": 1.0, "io.hvil_closed": 1.0, "io.watchdog_relay": 1.0,
                "io.chain_closed": get("io.chain_request", 0.0), "io.contactor_plus": closed,
                "io.contactor_minus": closed, "coolant.flow": get("coolant.flow_cmd", 0.0),
                "oil.flow": get("oil.flow_cmd", 0.0), "coolant.temp_in": get("coolant.temp_cmd", 25.0),
                "coolant.temp_out": get("coolant.temp_cmd", 25.0) + 1.0, "oil.temp": get("oil.temp_cmd", 25.0),
                "imd.insulation": 2e6, "dut.state": (0.0, 2.0, 3.0)[int(get("dut.state_request", 0.0))],
                "dut.torque_est": torque, "dut.torque_echo": get("dut.torque_cmd", 0.0), "dut.speed": speed,
                "dut.dc_voltage": volts * closed, "dut.dc_current": image["dc.current"], "dut.derating": 0.0,
                "dut.field_current": image["field.current"], "dut.winding_temp": self.winding,
                "dut.rotor_temp": self.winding, "dut.junction_temp": 60.0, "dut.oil_temp": 70.0,
                "dut.coolant_temp": 65.0,
            }
        )  # fmt: skip
        for side in ("l", "r"):
            image[f"dyno_{side}.state"] = get(f"dyno_{side}.enable_cmd", 0.0)
            image[f"dyno_{side}.speed"] = flange_rpm
            image[f"dyno_{side}.torque"] = -image[f"flange_{side}.torque"]
        if self.tamper is not None:
            self.tamper(self, image)
        self.image = image
        for channel, value in image.items():
            self.history.setdefault(channel, []).append(value)
        for channel, rows in (self.collecting or {}).items():
            if channel not in self.silent:
                rows.append((self.t_ns - STEP_NS // 2, image[channel]))

    def _holds(self, c: Condition, since: int) -> bool:
        if c.kind == "done":
            return c.channel not in self.targets
        count = max(1, c.window_ns // STEP_NS)
        values = self.history[c.channel][since:][-count:]
        if c.kind in ("range", "deviation") and len(values) < count:
            return False
        match c.kind:
            case "above":
                return all(v > c.reference for v in values)
            case "below":
                return all(v < c.reference for v in values)
            case "within" | "deviation":
                return all(abs(v - c.reference) <= c.tolerance for v in values)
            case _:
                return max(values) - min(values) < c.tolerance

    # --- requests --------------------------------------------------------------------------------------------------
    def run(self, operation: Operation[Any]) -> Any:
        answer: Any = None
        error: BaseException | None = None
        try:
            while True:
                request = operation.throw(error) if error is not None else operation.send(answer)
                answer, error = None, None
                try:
                    answer = getattr(self, f"_on_{type(request).__name__.lower()}")(request)
                    if self.pending_stop is not None:
                        error, self.pending_stop = self.pending_stop, None
                except (Held, Stopped, SetpointRefused, LinkTimeout) as raised:
                    error = raised
        except StopIteration as end:
            return end.value

    def trip(self, stop: Stopped) -> None:
        """The core stops; the job is told at its next request."""
        self.stop = self.pending_stop = stop
        self.armed = False

    def _on_busreport(self, _request: BusReport) -> list[dict[str, Any]]:
        return []

    def _on_record(self, request: Record) -> None:
        self.journal.append((request.event, dict(request.data)))
        if self.stop_at_event is not None and request.event == self.stop_at_event[0]:
            stop, self.stop_at_event = self.stop_at_event[1], None
            self.trip(stop)

    def _on_command(self, request: Command) -> None:
        for record in request.records:
            self.commands.append(int(record["length"]))
            if record["length"] == CMD_ARM:
                self.armed = True
            if record["length"] == CMD_STOP:
                cause = Cause(int(record["id"]))
                self.stop = Stopped(int(cause), cause.name)
                self.armed = False

    def _on_ramp(self, request: Ramp) -> None:
        if not self.armed and not request.channel.startswith(("io.chain", "io.shunt", "coolant.", "oil.")):
            raise SetpointRefused(request.channel, request.target, "the bench is not armed")
        self.ramps.append(request)
        self.targets[request.channel] = (request.target, request.rate)

    def _on_segment(self, request: Segment) -> None:
        for ramp in request.ramps:
            self._on_ramp(ramp)
        self._on_sleep(Sleep(request.until_ns - self.t_ns))

    def _on_collect(self, request: Collect) -> None:
        self.collecting = {channel: [] for channel in request.channels}

    def _on_collected(self, request: Collected) -> Window:
        assert self.collecting is not None
        taken = {name: [row for row in rows if row[0] <= request.until_ns] for name, rows in self.collecting.items()}
        for name, rows in taken.items():
            self.collecting[name] = self.collecting[name][len(rows) :]
        times = {name: np.array([t for t, _ in rows], np.int64) for name, rows in taken.items()}
        values = {name: np.array([value for _, value in rows]) for name, rows in taken.items()}
        if request.last:
            self.collecting = None
        return Window(0, self.t_ns, times, values, dict.fromkeys(times, 0))

    def _on_read(self, request: Read) -> list[Reading]:
        return [Reading(c, self.image[c], Quality.GOOD, self.t_ns, self.t_ns) for c in request.channels]

    def _on_alike(self, _request: Alike) -> int:
        return 0

    def _on_now(self, _request: Now) -> int:
        return self.t_ns

    def _on_sleep(self, request: Sleep) -> None:
        end = self.t_ns + request.duration_ns
        while self.t_ns < end:
            self._step()

    def _on_sleepuntil(self, request: SleepUntil) -> None:
        self._on_sleep(Sleep(request.t_ns - self.t_ns))

    def _on_until(self, request: Until) -> bool:
        assert len(request.conditions) <= 8, "the core has eight conditions a watch"
        since, end = len(self.history["dc.power"]), self.t_ns + request.timeout_ns
        while self.t_ns < end:
            self._step()
            if all(self._holds(c, since) for c in request.conditions):
                return True
        return False

    def _on_measure(self, request: Measure) -> Window:
        start = self.t_ns
        rows: dict[str, list[float]] = {c: [] for c in request.channels}
        times: list[int] = []
        while self.t_ns < start + request.duration_ns or len(times) < request.updates:
            self._step()
            times.append(self.t_ns)
            for channel in request.channels:
                rows[channel].append(self.image[channel])
        values = {c: np.array([] if c in self.silent else v) for c, v in rows.items()}
        t_ns = {c: np.array([] if c in self.silent else times, np.int64) for c in rows}
        bad = {c: len(times) if c in self.silent else 0 for c in rows}
        return Window(start, self.t_ns, t_ns, values, bad)

    def _on_ask(self, request: Ask) -> Any:
        self.asked.append((request.part, request.what))
        if request.part in self.silent:
            raise LinkTimeout(f"{request.part}: no answer")
        if request.what == "identify":
            return Identity("maker", request.part, "1", "1.0")
        return dict(request.arguments)

    def _on_untilsafe(self, _request: UntilSafe) -> StopReport:
        assert self.stop is not None, "waiting for a stop that nobody asked for"
        self._on_sleep(Sleep(3_000_000_000))
        self.setpoints.update({"dut.torque_cmd": 0.0})
        return StopReport(True, self.stop_confirmed, self.stop.cause, (("torque", "confirmed"),))

    def events(self, name: str) -> list[dict[str, Any]]:
        """All journaled data of one event."""
        return [data for event, data in self.journal if event == name]

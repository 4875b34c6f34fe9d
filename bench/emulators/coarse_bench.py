"""A bench for foresight: it answers a sequence in strides of seconds, so that a night is run through in a blink.

The same sequence runs here as everywhere, against the plant in large strides (``bench.plant.warming``): temperatures,
times and powers are near the truth; what is faster than seconds is not there. States and flags obey at once, and
measured windows hold steady values. It knows no limits and no faults.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.errors import BenchError
from bench.base.quality import Quality
from bench.base.reading import Reading
from bench.base.records import CMD_STOP
from bench.base.time import NS_PER_S, ns, seconds
from bench.config.stopping import Stopping
from bench.core.design import Setpoint
from bench.emulators.coarse_setpoints import Setpoints
from bench.emulators.coarse_watch import Watch
from bench.plant.warming import TRACED, Trace, Warming
from bench.schedule.requests import (
    Alike,
    Answer,
    Ask,
    BusReport,
    Collect,
    Collected,
    Command,
    Measure,
    Operation,
    Prompt,
    Ramp,
    Read,
    Record,
    Segment,
    StopReport,
    Until,
    UntilSafe,
    Window,
)
from bench.schedule.scheduler import PENDING, Job, Scheduler
from bench.sequence.context import Context
from bench.sequence.desk.branching import Branching

_STRIDE_S, _MOVING_S = 10.0, 0.5
_LATENCY_S = 0.0
_RANGES_S = 0.08
_INTRODUCTION_S = 0.19
_STOP_S = 0.6
_DETAILED = 5


class TooLong(BenchError):
    """Foresight has come to an end of its own: too many requests."""


@dataclass(slots=True)
class Account:
    """What has passed so far: energies at the supply's terminals in Wh, the highest temperatures, prompts."""

    taken_wh: float = 0.0
    given_wh: float = 0.0
    hottest_degc: dict[str, float] = field(default_factory=dict)
    least_derating: float = 1.0
    prompts: list[str] = field(default_factory=list)
    measuring_s: float = 0.0


class CoarseBench:
    """Runs one sequence. ``record`` is told (time in ns, event, data); ``requests_max`` bounds what a run may ask."""

    def __init__(
        self, context: Context, setpoints: Iterable[Setpoint], plant: Warming, stopping: Stopping,
        record: Callable[[int, str, Mapping[str, Any]], None], requests_max: int = 400_000,
    ) -> None:  # fmt: skip
        self._context, self._plant, self._stopping = context, plant, stopping
        self._record_to, self._left = record, requests_max
        self.account = Account()
        self.setpoints = Setpoints(context, setpoints)
        self._obeyed: dict[str, float] = {}
        self._watches: list[tuple[Job, Watch]] = []
        self._collecting: tuple[tuple[str, ...], list[tuple[int, dict[str, float]]], int] | None = None
        self._latest: dict[str, float] = dict.fromkeys(TRACED, 0.0)
        self._stop_cause = ""
        self._detailed: list[tuple[int, float, float]] = []  # where repetitions began: time, energies
        self._alike_left = 0
        handlers: dict[type[Any], Callable[[Job, Any], Any]] = {
            Alike: self._alike,
            Command: self._command,
            Ramp: self._ramp,
            Segment: self._segment,
            Until: self._until,
            Read: self._read,
            Measure: self._measure,
            Collect: self._collect,
            Collected: self._collected,
            Ask: self._ask,
            Record: self._record,
            Prompt: self._prompt,
            BusReport: lambda _job, _request: [],
            UntilSafe: self._until_safe,
            **Branching(self, lambda: self.scheduler).handlers(),
        }
        self.scheduler = Scheduler({kind: self._counted(handler) for kind, handler in handlers.items()})

    def attend(self, job: Job) -> None:
        """Nothing stops here by itself."""

    def dismiss(self, job: Job) -> None:
        """As ``attend``."""

    def interrupt(self, job: Job, error: BenchError) -> None:
        """Throw ``error`` at what ``job`` waits for."""
        self._watches = [watched for watched in self._watches if watched[0] is not job]
        self.scheduler.wake(job, self.scheduler.t_ns, error=error)

    def run(self, sequence: Operation[Any]) -> Any:
        """Run it to its end; its result. What it raises is raised here, ``TooLong`` when it asks for too much."""
        job = self.scheduler.spawn("sequence", sequence)
        while not job.done:
            due_ns = self.scheduler.next_ns()
            if due_ns is None and not self._watches:
                raise TooLong("the sequence waits for something that does not come here")
            self._advance(due_ns)
            self.scheduler.run_due(self.scheduler.t_ns)
        if job.error is not None:
            raise job.error
        return job.result

    # --- time ------------------------------------------------------------------------------------------------------
    def _advance(self, due_ns: int | None) -> None:
        """Up to the next event, a stride, or the moment at which somebody's wait is over."""
        t_ns = self.scheduler.t_ns
        longest_s = _MOVING_S if self.setpoints.moving(t_ns) else _STRIDE_S
        until_ns = t_ns + ns(longest_s)
        if self._collecting is not None:
            until_ns = min(until_ns, t_ns + NS_PER_S)
        if due_ns is not None:
            until_ns = min(until_ns, due_ns)
        if until_ns <= t_ns:
            return
        saved = self._plant.save()
        trace = self._stride(t_ns, until_ns)
        early_ns = min((watch.met_ns(t_ns, until_ns, self._value, trace) for _, watch in self._watches), default=None)
        if early_ns is not None and early_ns < until_ns:
            self._plant.restore(saved)
            until_ns = max(early_ns, t_ns + 1)
            trace = self._stride(t_ns, until_ns)
        self._keep(t_ns, until_ns, trace)

    def _stride(self, t_ns: int, until_ns: int) -> Trace:
        point = self.setpoints.operating((t_ns + until_ns) // 2)
        self._plant.operate(point.speed_rpm, point.torque_nm, point.voltage_v, running=point.running)
        self._plant.command_media(self.setpoints.media((t_ns + until_ns) // 2))
        return self._plant.advance(seconds(until_ns - t_ns))

    def _keep(self, t_ns: int, until_ns: int, trace: Trace) -> None:
        """This is what happened."""
        self.scheduler.t_ns = until_ns
        self._latest = dict(zip(TRACED, trace[-1].tolist(), strict=True))
        self._book(seconds(until_ns - t_ns), trace)
        if self._collecting is not None:
            self._collecting[1].append((until_ns, self._values()))
        waiting = []
        for job, watch in self._watches:
            answer = watch.take(t_ns, until_ns, self._value, trace)
            if answer is None:
                waiting.append((job, watch))
            else:
                self._obeyed.update(watch.obeyed)
                self.scheduler.wake(job, until_ns, answer)
        self._watches = waiting

    def _book(self, passed_s: float, trace: Trace) -> None:
        account, watts = self.account, self._plant.values()["supply.power"]
        if watts > 0.0:
            account.taken_wh += watts * passed_s / 3600.0
        else:
            account.given_wh -= watts * passed_s / 3600.0
        for name, highest in zip(TRACED[:8], trace[:, :8].max(axis=0).tolist(), strict=True):
            account.hottest_degc[name] = max(highest, account.hottest_degc.get(name, highest))
        account.least_derating = min(account.least_derating, self._plant.derating())

    # --- values ----------------------------------------------------------------------------------------------------
    def _value(self, channel: str) -> float | None:
        """Of a channel that the model knows at the present set-points; None: it obeys."""
        if channel in self._latest:
            return self._latest[channel]
        return self.setpoints.value(channel, self.scheduler.t_ns)

    def _values(self) -> dict[str, float]:
        """Everything that is known."""
        found = {**self._obeyed, **self._plant.values(), **self._latest, "dut.derating": 0.0}
        point = self.setpoints.operating(self.scheduler.t_ns)
        found["dut.torque_echo"] = found["dut.torque_cmd"] = point.torque_nm
        found["dut.state"] = 3.0 if point.running else 2.0
        found["dut.dc_voltage"], found["dut.dc_current"] = found["dc.voltage"], found["dc.current"]
        found["dut.field_current"] = found["field.current"]
        if self._plant.derating() < 1.0 and abs(found["dut.torque_est"]) < abs(point.torque_nm) - 0.5:
            found["dut.derating"], found["dut.state"] = 1.0, 4.0
        shunted = self.setpoints.at("io.shunt_cmd", self.scheduler.t_ns) > 0.5
        for shunt in self._context.bench.shunts if shunted else ():
            found[f"{shunt.flange}.torque"] += shunt.torque_nm
        return found

    def _alike(self, _job: Job, request: Alike) -> int:
        """Some are gone through in detail; the others take as long and as much energy as these did on the average."""
        now = (self.scheduler.t_ns, self.account.taken_wh, self.account.given_wh)
        if request.count > self._alike_left:
            self._detailed.clear()  # others than before
        self._alike_left = request.count
        self._detailed.append(now)
        if len(self._detailed) <= _DETAILED:
            return 0
        passed_ns, taken_wh, given_wh = (
            (b - a) * request.count / _DETAILED for a, b in zip(self._detailed[0], now, strict=True)
        )
        self._detailed.clear()
        self._alike_left = 0
        self.scheduler.t_ns += int(passed_ns)
        if self._collecting is not None:  # nothing was collected of what is passed over
            self._collecting = (self._collecting[0], [(self.scheduler.t_ns, self._values())], self.scheduler.t_ns)
        self.account.taken_wh += taken_wh
        self.account.given_wh += given_wh
        return request.count

    def _read(self, _job: Job, request: Read) -> list[Reading]:
        values, t_ns = self._values(), self.scheduler.t_ns
        return [Reading(name, values.get(name, 0.0), Quality.GOOD, t_ns, t_ns) for name in request.channels]

    def _measure(self, job: Job, request: Measure) -> Any:
        update_s = self._context.bench.update_s
        length_ns = max(request.duration_ns, ns(request.updates * update_s)) + ns(_LATENCY_S + update_s)
        self.account.measuring_s += seconds(length_ns)
        start_ns = self.scheduler.t_ns

        def answer() -> None:
            self.scheduler.resume(job, self._window(request, start_ns))

        self.scheduler.call(start_ns + length_ns, answer)
        return PENDING

    def _window(self, request: Measure, start_ns: int) -> Window:
        values = self._values()
        count = max(request.updates, int(request.duration_ns / ns(self._context.bench.update_s)))
        t_ns = np.linspace(start_ns, start_ns + request.duration_ns, count, dtype=np.int64)
        kept = {name: np.full(count, values.get(name, 0.0)) for name in request.channels}
        return Window(start_ns, self.scheduler.t_ns, dict.fromkeys(kept, t_ns), kept, dict.fromkeys(kept, 0))

    def _collect(self, _job: Job, request: Collect) -> None:
        self._collecting = (request.channels, [(self.scheduler.t_ns, self._values())], self.scheduler.t_ns)

    def _collected(self, _job: Job, request: Collected) -> Window:
        assert self._collecting is not None
        names, rows, start_ns = self._collecting
        end_ns = min(request.until_ns, self.scheduler.t_ns)
        times = np.array([t for t, _ in rows], np.float64)
        update_ns = ns(self._context.bench.update_s)
        at_ns = np.arange(start_ns + update_ns // 2, end_ns + 1, update_ns, dtype=np.int64)
        kept: dict[str, NDArray[np.float64]] = {
            name: np.interp(at_ns, times, [values.get(name, 0.0) for _, values in rows]) for name in names
        }
        self._collecting = None if request.last else (names, rows[-1:], end_ns)
        return Window(start_ns, end_ns, dict.fromkeys(kept, at_ns), kept, dict.fromkeys(kept, 0))

    # --- orders ----------------------------------------------------------------------------------------------------
    def _counted(self, handler: Callable[[Job, Any], Any]) -> Callable[[Job, Any], Any]:
        def answer(job: Job, request: Any) -> Any:
            self._left -= 1
            if self._left < 0:
                raise TooLong("the sequence asks for more than foresight goes through")
            return handler(job, request)

        return answer

    def _command(self, _job: Job, request: Command) -> None:
        for record in request.records:
            if record["length"] == CMD_STOP:
                self._stop_cause = "stopped"

    def _ramp(self, _job: Job | None, request: Ramp) -> None:
        self.setpoints.move(request.channel, request.target, request.rate, self.scheduler.t_ns)

    def _segment(self, job: Job, request: Segment) -> Any:
        for ramp in request.ramps:
            self._ramp(None, ramp)
        self.scheduler.wake(job, request.until_ns)
        return PENDING

    def _until(self, job: Job, request: Until) -> Any:
        self._watches.append((job, Watch(request, self.scheduler.t_ns, self.setpoints)))
        return PENDING

    def _ask(self, job: Job, request: Ask) -> Any:
        takes_s, answer = _RANGES_S, dict(request.arguments)
        expected = answer.get("expected", {})
        if request.what in ("identify", "set_up"):
            takes_s, answer = _INTRODUCTION_S / 2.0, {}
        elif request.what == "snapshot":
            answer = {"identity": {**self._context.examination.expected, **expected}, "dtcs": []}
        elif request.what == "data":
            answer = {"data": expected}
        elif request.what == "parameters":
            required = self._context.examination.parameters
            answer = {"parameters": {str(address): value for address, value in required.items()}}
        self.scheduler.wake(job, self.scheduler.t_ns + ns(takes_s), answer)
        return PENDING

    def _record(self, _job: Job, request: Record) -> None:
        self._record_to(self.scheduler.t_ns, request.event, request.data)

    def _prompt(self, _job: Job, request: Prompt) -> Answer:
        self.account.prompts.append(request.text)
        return Answer(request.likely, "foresight")

    def _until_safe(self, job: Job, _request: UntilSafe) -> Any:
        """The ladder: torque away, shafts to standstill, voltage down, pumps run on."""
        rules, t_ns = self._stopping, self.scheduler.t_ns
        point = self.setpoints.operating(t_ns)
        slow_s = abs(point.torque_nm) / rules.torque_rate
        slow_s += abs(point.speed_rpm) / self._context.bench.shaft_ratio / rules.speed_rate
        slow_s += point.voltage_v / rules.voltage_rate + rules.cooling_after + _STOP_S
        self.setpoints.rest(t_ns)
        self.scheduler.wake(job, t_ns + ns(slow_s), StopReport(True, True, self._stop_cause, ()))
        return PENDING

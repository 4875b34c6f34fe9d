"""What the journal has told so far, in the words of a progress display. It only listens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bench.base.time import NS_PER_S, clock_text, ns
from bench.record.eta import Eta

_WORDS = {
    "armed": "armed",
    "sign_check": "signs agree",
    "soaked": "soaked",
    "recovered": "recovered",
    "settled": "measuring",
    "reference": "reference point measured",
    "stopped": "stopped",
    "run_finished": "finished",
}


class News(NamedTuple):
    """What has happened, and when."""

    t_ns: int
    text: str


@dataclass(slots=True)
class Story:
    """Where the run is. ``points`` planned, ``done`` measured here, ``taken`` over from another run; ``last_eta`` 0..1
    of the drive unit."""

    points: int = 0
    estimate_s: float = 0.0
    point: int = 0
    done: int = 0
    taken: int = 0
    flagged: int = 0
    state: str = "starting"
    place: str = ""
    last_eta: float | None = None
    stopping: bool = False
    first_point_ns: int | None = None
    eta: Eta = field(default_factory=Eta)
    news: list[News] = field(default_factory=list)
    now_ns: int = 0

    def take(self, t_ns: int, event: str, data: Mapping[str, Any]) -> None:
        """One record of the journal."""
        self.now_ns = t_ns
        self.eta.take(t_ns, event, data)
        if event in _WORDS:
            self.state = f"{self.place}: {_WORDS[event]}" if self.place else _WORDS[event]
        handler = getattr(self, f"_{event}", None)
        if handler is not None:
            handler(t_ns, data)

    def tell(self, text: str) -> None:
        """Something new, at the time of the latest record."""
        self.news.append(News(self.now_ns, text))

    def share_done(self, t_ns: int) -> float | None:
        """0..1 of the run; nobody knows before it has begun."""
        known_s = self.estimate_s or self.eta.foreseen
        whole_s = t_ns / NS_PER_S + self.remaining_s(t_ns)
        return t_ns / NS_PER_S / whole_s if known_s and whole_s > 0.0 else None

    def remaining_s(self, t_ns: int) -> float:
        """Run time still to come: as foreseen, else by the pace of the points so far, else by the estimate."""
        if self.eta.foreseen:
            return self.eta.remaining_s(t_ns)
        if self.first_point_ns is not None and self.done and self.points:
            pace_s = (t_ns - self.first_point_ns) / NS_PER_S / self.done
            return max(0.0, pace_s * (self.points - self.taken - self.done))
        return max(0.0, self.estimate_s - t_ns / NS_PER_S)

    def _run_started(self, _t_ns: int, data: Mapping[str, Any]) -> None:
        self.points, self.estimate_s = int(data.get("points", 0)), float(data.get("estimate_s", 0.0))
        self.tell(f"{data.get('title', '')}; about {clock_text(ns(self.estimate_s))} h of bench time")

    def _resumed(self, _t_ns: int, data: Mapping[str, Any]) -> None:
        self.tell(f"goes on from {data.get('run', '')}: {data.get('points', 0)} points are taken over")

    def _arming(self, _t_ns: int, data: Mapping[str, Any]) -> None:
        self.stopping = False
        self._now(f"arming: {data.get('stage', '')}")

    def _step_started(self, _t_ns: int, data: Mapping[str, Any]) -> None:
        self._now(_node(data))

    def _group_started(self, _t_ns: int, data: Mapping[str, Any]) -> None:
        self._now(_node(data))

    def _pass_started(self, _t_ns: int, data: Mapping[str, Any]) -> None:
        of = f" of {data['of']}" if data.get("of") else ""
        values = ", ".join(f"{name} = {value}" for name, value in (data.get("values") or {}).items())
        self._now(f"{data.get('step')}: pass {data.get('pass')}{of}{f', {values}' if values else ''}")

    def _decided(self, _t_ns: int, data: Mapping[str, Any]) -> None:
        self._now(f"{data.get('condition')}: {'yes' if data.get('holds') else 'no'}")

    def _left_out(self, _t_ns: int, data: Mapping[str, Any]) -> None:
        self.tell(f"{data.get('step')} is left out: {'; '.join(data.get('reasons') or ())}")

    def _retried(self, _t_ns: int, data: Mapping[str, Any]) -> None:
        self.stopping = False
        self.tell(f"{data.get('step')} is begun anew: {'; '.join(data.get('reasons') or ())}")

    def _cleanup_failed(self, _t_ns: int, data: Mapping[str, Any]) -> None:
        self.tell(f"cleanup {data.get('step')} failed: {'; '.join(data.get('reasons') or ())}")

    def _point_started(self, t_ns: int, data: Mapping[str, Any]) -> None:
        self.first_point_ns = t_ns if self.first_point_ns is None else self.first_point_ns
        self.point = int(data.get("point", 0))
        self.place = self.state = _place(data)

    def _point(self, _t_ns: int, data: Mapping[str, Any]) -> None:
        if "of_run" in data:
            self.taken += 1
            self.flagged += data.get("verdict") == "flagged"
            return
        self.done += 1
        eta = data.get("eta_edu")
        shown = "no efficiency"
        if isinstance(eta, float):
            self.last_eta, shown = eta, f"{eta:.2%}"
        self.place = ""
        if data.get("verdict") == "flagged":
            self.flagged += 1
            shown = f"flagged: {data.get('reason', '')}"
        self.tell(f"point {self.point} of {self.points}: {_place(data)}: {shown}")

    def _cycle_started(self, t_ns: int, data: Mapping[str, Any]) -> None:
        seconds = float(data.get("seconds", 0.0))
        limited = data.get("limited") or ()
        self.place = f"{data.get('cycle', '')}"
        self._now(f"{self.place}: {data.get('repetitions', 1)} x {clock_text(ns(seconds))} h")
        if limited:
            self.tell(f"the unit's envelope limits the torque at {len(limited)} seconds of the cycle")

    def _cycle_phase(self, _t_ns: int, data: Mapping[str, Any]) -> None:
        where = f"{data.get('cycle', '')} {data.get('repetition', '')}, {data.get('phase', '').replace('_', ' ')}"
        taken = data.get("consumption_kwh_100km")
        shown = "no consumption" if taken is None else f"{taken:.2f} kWh/100 km"
        self.state = f"{where}: {shown}"
        self.tell(f"{where}: {data['reason'] or shown}" if data.get("reason") else self.state)

    def _held(self, _t_ns: int, data: Mapping[str, Any]) -> None:
        self._now(f"held{_by(data)}: the load stays, nothing new is begun; type r and Enter to go on")

    def _suspended(self, _t_ns: int, data: Mapping[str, Any]) -> None:
        self._now(f"suspended{_by(data)}: the unit goes to warm idle; type r and Enter to go on")

    def _resumed_from_hold(self, _t_ns: int, data: Mapping[str, Any]) -> None:
        self._now(f"goes on after {data.get('stood_s', 0.0):.0f} s")

    _resumed_from_suspend = _resumed_from_hold

    def _prompt(self, _t_ns: int, data: Mapping[str, Any]) -> None:
        choices = f" [{' / '.join(data['answers'])}]" if data.get("answers") else ""
        self._now(f"waiting for an answer: {data.get('text', '')}{choices}")

    def _prompt_answered(self, _t_ns: int, data: Mapping[str, Any]) -> None:
        self._now(f"answered: {data.get('answer') or 'nothing'} (by {data.get('by', '')})")

    def _notification(self, _t_ns: int, data: Mapping[str, Any]) -> None:
        self.tell(f"{data.get('title', '')}: {data.get('text', '')}")

    def _measurement(self, _t_ns: int, data: Mapping[str, Any]) -> None:
        eta = data.get("eta_edu")
        shown = data.get("reason") or ("measured" if eta is None else f"{eta:.2%}")
        self.tell(f"measurement {data.get('name', '')}: {shown}")

    def _endurance_started(self, _t_ns: int, data: Mapping[str, Any]) -> None:
        asked = f"{data['asked_cycles']} cycles" if data.get("asked_cycles") else f"{data.get('asked_s', 0.0):g} s"
        self.place = f"{data.get('kind', '')}, {asked}"
        self._now(self.place)

    def _endurance_cycle(self, _t_ns: int, data: Mapping[str, Any]) -> None:
        self.state = f"{self.place}: cycle {data.get('cycle', 0)}"
        if data.get("why"):
            self.tell(f"cycle {data.get('cycle', 0)} is out of band: {data['why']}")

    def _reference_check(self, _t_ns: int, data: Mapping[str, Any]) -> None:
        eta = data.get("eta_edu")
        shown = "no efficiency" if eta is None else f"{eta:.3%}"
        self._now(f"{data.get('name', '')} {data.get('check', '')}: {data.get('reason') or shown}")

    def _step_finished(self, _t_ns: int, _data: Mapping[str, Any]) -> None:
        self.place = ""

    def _stop_requested(self, _t_ns: int, data: Mapping[str, Any]) -> None:
        self.stopping, self.place = True, ""
        self._now(f"stopping: {data.get('cause', '')}")

    def _inverter_fault(self, _t_ns: int, data: Mapping[str, Any]) -> None:
        if data.get("faults"):
            self.tell(f"the inverter reports: {', '.join(data['faults'])}")

    def _emulators_stalled(self, _t_ns: int, data: Mapping[str, Any]) -> None:
        self.tell(str(data.get("means", "")))

    def _now(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self.tell(state)


def _node(data: Mapping[str, Any]) -> str:
    """A step or group by its kind; where it is not one of the plan's own list, with its place in the tree."""
    called = f"{data.get('name') or data.get('kind', '')}"
    return called if isinstance(data.get("step"), int) else f"{data.get('step')}: {called}"


def _place(data: Mapping[str, Any]) -> str:
    return f"{data.get('speed_rpm', 0.0):.0f} rpm {data.get('torque_nm', 0.0):+.0f} Nm"


def _by(data: Mapping[str, Any]) -> str:
    reason = f" ({data['reason']})" if data.get("reason") else ""
    return f" by the {data.get('by', '')}{reason}"

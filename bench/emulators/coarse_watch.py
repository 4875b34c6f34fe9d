"""When a wait would be over on a coarse bench."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bench.base.time import ns
from bench.emulators.coarse_setpoints import Setpoints
from bench.plant.warming import TRACED, Trace
from bench.schedule.requests import Condition, Until

Value = Callable[[str], float | None]
"""The present value of a channel; None where nobody knows it."""

NEVER_NS = 2**63 - 1
_COLUMN = {name: i for i, name in enumerate(TRACED)}
_OBEYS_S, _ARRIVES_S = 0.02, 0.01
_SWING_S = 0.1
"""Until shafts have swung out, where a band is asked for."""
_RESOLUTION_K = 0.05
"""Of temperatures that the inverter tells: by so much a range shows more than there is."""
_WINDOWED = ("range", "deviation", "std", "variation")

Flags = NDArray[np.bool_]


class Watch:
    """One ``Until``. ``obeyed``: values of channels that nobody models, once it is met."""

    def __init__(self, request: Until, t_ns: int, setpoints: Setpoints) -> None:
        self._conditions, self._begin_ns = request.conditions, t_ns
        self._deadline_ns = t_ns + request.timeout_ns
        self._setpoints = setpoints
        self._t_ns: NDArray[np.int64] = np.zeros(0, np.int64)
        self._seen: Trace = np.zeros((0, len(TRACED)))
        self._held: list[int | None] = [None] * len(request.conditions)
        self._due_ns = NEVER_NS
        self.obeyed: dict[str, float] = {}

    def met_ns(self, t_ns: int, until_ns: int, value: Value, trace: Trace) -> int:
        """When it ends in a stride as foreseen: met, or out of time. ``NEVER_NS``: not in this stride."""
        due_ns = max((self._from_ns(i, value) for i in self._untraced()), default=t_ns)
        if len(self._untraced()) < len(self._conditions):
            due_ns = self._first_traced_ns(max(due_ns, t_ns), _times(t_ns, until_ns, len(trace)), trace)
        self._due_ns = due_ns
        ends_ns = min(max(due_ns, t_ns), self._deadline_ns)
        return ends_ns if ends_ns <= until_ns else NEVER_NS

    def take(self, t_ns: int, until_ns: int, value: Value, trace: Trace) -> bool | None:
        """The stride has happened, at most up to the end that ``met_ns`` told. True: met; False: out of time."""
        if until_ns >= self._due_ns:
            self.obeyed = {
                c.channel: _obeying(c) for c in self._conditions if value(c.channel) is None and c.kind != "elapsed"
            }
            return True
        if until_ns >= self._deadline_ns:
            return False
        at_ns = _times(t_ns, until_ns, len(trace))
        for i, condition in enumerate(self._conditions):
            if _has_trace(condition) or condition.kind in ("done", "elapsed"):
                continue
            if not self._fits(condition, value):
                self._held[i] = None
            elif self._held[i] is None:
                self._held[i] = t_ns
        self._t_ns, self._seen = np.append(self._t_ns, at_ns), np.append(self._seen, trace, axis=0)
        longest_ns = max(condition.window_ns for condition in self._conditions)
        keep = int(np.searchsorted(self._t_ns, until_ns - longest_ns - ns(2.0)))
        self._t_ns, self._seen = self._t_ns[keep:], self._seen[keep:]
        return None

    def _untraced(self) -> list[int]:
        return [i for i, condition in enumerate(self._conditions) if not _has_trace(condition)]

    def _from_ns(self, i: int, value: Value) -> int:
        """From when on a condition holds whose channel has no trace."""
        condition = self._conditions[i]
        if condition.kind == "elapsed":
            return self._begin_ns + condition.window_ns
        if condition.kind == "done":
            return self._setpoints.arrived_ns(condition.channel) + ns(_ARRIVES_S)
        if not self._fits(condition, value):
            return NEVER_NS
        since_ns = self._held[i]
        settling_s = _SWING_S if condition.kind in _WINDOWED else _OBEYS_S
        return (self._begin_ns if since_ns is None else since_ns) + condition.window_ns + ns(settling_s)

    def _first_traced_ns(self, from_ns: int, at_ns: NDArray[np.int64], trace: Trace) -> int:
        """The first moment from ``from_ns`` on at which all that have a trace hold."""
        flags: Flags = at_ns >= from_ns
        for condition in self._conditions:
            if _has_trace(condition) and flags.any():
                flags &= self._traced(condition, at_ns, trace)
        met = np.flatnonzero(flags)
        if not len(met):
            return NEVER_NS
        before_ns = int(at_ns[met[0] - 1]) if met[0] else from_ns
        return max(from_ns, before_ns)

    def _fits(self, condition: Condition, value: Value) -> bool:
        """What obeys always does; what follows a set-point does when it is there."""
        now = value(condition.channel)
        if now is None or condition.kind in ("range", "std", "variation"):
            return True
        return bool(_inside(condition, np.array([now]))[0])

    def _traced(self, condition: Condition, at_ns: NDArray[np.int64], trace: Trace) -> Flags:
        column = _COLUMN[condition.channel]
        values = np.append(self._seen[:, column], trace[:, column])
        times = np.append(self._t_ns, at_ns)
        first = np.searchsorted(times, at_ns - condition.window_ns, side="left")
        last = np.searchsorted(times, at_ns, side="right")
        full = at_ns - self._begin_ns >= condition.window_ns
        if condition.kind not in _WINDOWED:
            inside = np.append(0, np.cumsum(_inside(condition, values)))
            return np.asarray(full & (inside[last] - inside[first] == last - first))
        found: Flags = np.zeros(len(at_ns), np.bool_)
        for k in np.flatnonzero(full):
            found[k] = _steady(condition, values[first[k] : last[k]])
        return found


def _has_trace(condition: Condition) -> bool:
    return condition.channel in _COLUMN and condition.kind != "elapsed"


def _times(t_ns: int, until_ns: int, count: int) -> NDArray[np.int64]:
    return t_ns + (np.arange(1, count + 1) * (until_ns - t_ns)) // count


def _inside(condition: Condition, values: NDArray[np.float64]) -> Flags:
    if condition.kind == "above":
        return np.asarray(values > condition.reference)
    if condition.kind == "below":
        return np.asarray(values < condition.reference)
    return np.asarray(np.abs(values - condition.reference) <= condition.tolerance)


def _steady(condition: Condition, values: NDArray[np.float64]) -> bool:
    if condition.kind == "std":
        return float(np.std(values)) < condition.tolerance
    if condition.kind == "variation":
        mean = abs(float(np.mean(values)))
        return mean < condition.reference or float(np.std(values)) < condition.tolerance * mean
    if condition.kind == "deviation":
        return bool(_inside(condition, values).all())
    return float(values.max() - values.min()) < condition.tolerance - _RESOLUTION_K


def _obeying(condition: Condition) -> float:
    step = max(1.0, abs(condition.reference) * 0.1)
    return condition.reference + {"above": step, "below": -step}.get(condition.kind, 0.0)

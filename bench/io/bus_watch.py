"""What is known of one of our CAN controllers: from its error frames, its driver, and failing sends (F-10, F-15).

Linux tells state changes in error frames, benchwire counters at any time; other drivers tell a state or nothing, and
then only failing sends show that nothing gets out. A bus that raises is gone. It is asked again ten times a second, and
counts as back when it answers: an adapter that was plugged in again is another interface to the system, and the old one
never answers for it.
"""

from typing import Any

import can
import numpy as np

from bench.base.records import WIRE_ACTIVE, WIRE_BUS_OFF, WIRE_GONE, WIRE_PASSIVE, WIRE_STATE
from bench.io.error_frames import read_error_frame

_ASK_NS = 10_000_000
_TELL_NS = 100_000_000
_FAILING_NS = 30_000_000  # frames of 10 ms: at the fourth one that does not get out
_DRIVER_SAYS = {can.BusState.PASSIVE: WIRE_PASSIVE, can.BusState.ERROR: WIRE_BUS_OFF}


class BusWatch:
    """One controller. ``own`` (WIRE_STATE) is what is to be told when it is ``fresh``.

    A bus-off may be over in 3 ms: what is told is the worst state since it was told last.
    """

    def __init__(self, bus: can.BusABC) -> None:
        self.own: Any = np.zeros(1, WIRE_STATE)[0]
        self._bus = bus
        self._told_ns = self._asked_ns = -_TELL_NS
        self._failing_since_ns = -1
        self._changed = True
        self._state = self._from_frames = WIRE_ACTIVE
        self._worst = -1  # since it was told last

    @property
    def stuck(self) -> bool:
        """Whether hardly anything gets out: error passive or worse."""
        return self._state >= WIRE_PASSIVE

    def gone(self, now_ns: int) -> bool:
        """Whether the bus should be left alone now."""
        return bool(self._state == WIRE_GONE and now_ns - self._asked_ns < _TELL_NS)

    def answered(self) -> None:
        """It works."""
        if self._state == WIRE_GONE:
            self._from_frames, self._failing_since_ns = WIRE_ACTIVE, -1
            self._set(WIRE_ACTIVE)

    def ask(self, now_ns: int) -> bool:
        """Ask the driver, if that was not done in the last 10 ms; whether it was done now. Raises what the driver
        raises."""
        if self._state == WIRE_GONE or now_ns - self._asked_ns < _ASK_NS:
            return False
        self._asked_ns = now_ns
        self._ask(now_ns)
        return True

    def raised(self, now_ns: int) -> None:
        """It does not answer."""
        self._asked_ns = now_ns
        self._set(WIRE_GONE)

    def error_frame(self, message: can.Message) -> None:
        """It told of an error."""
        told = read_error_frame(message)
        self.own["error_frames"] += 1
        self.own["lost"] += told.overflow
        if told.tec is not None and told.rec is not None:
            self.own["tec"], self.own["rec"] = told.tec, told.rec
        if told.state is not None:
            self._from_frames = told.state
            self._set(told.state)
        self._changed = True

    def sent(self, ok: bool, now_ns: int) -> None:
        """A frame went out, or did not."""
        if ok:
            self._failing_since_ns = -1
            return
        self.own["lost"] += 1
        if self._failing_since_ns < 0:
            self._failing_since_ns = now_ns

    def fresh(self, now_ns: int) -> bool:
        """Whether ``own`` must be told now: something has changed, or a tenth of a second has passed."""
        if not self._changed and now_ns - self._told_ns < _TELL_NS:
            return False
        self.own["state"] = max(self._worst, self._state)
        self._changed, self._told_ns = bool(self.own["state"] != self._state), now_ns
        self._worst = -1
        return True

    def _ask(self, now_ns: int) -> None:
        counters = getattr(self._bus, "counters", None)
        if counters is not None:
            state = int(counters.state)
            self.own["tec"], self.own["rec"] = counters.tec, counters.rec
            self.own["error_frames"], self.own["load_permille"] = counters.error_frames, round(1000 * counters.load)
        else:
            state = max(self._from_frames, _DRIVER_SAYS.get(self._bus.state, WIRE_ACTIVE))
        if self._failing_since_ns >= 0 and now_ns - self._failing_since_ns >= _FAILING_NS:
            state = max(state, WIRE_PASSIVE)
        self._set(state)

    def _set(self, state: int) -> None:
        if state != self._state:
            self._changed, self._state, self._worst = True, state, max(self._worst, state)

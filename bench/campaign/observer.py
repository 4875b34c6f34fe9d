"""Who looks at the plant, and at nothing that the controller thinks: when did it become safe, and did it stay so?

The plant is looked at each millisecond around the fault, later each ten: what a stop takes is told in seconds.
"""

from bisect import bisect_left
from collections.abc import Callable

from bench.base.time import NS_PER_MS, NS_PER_S
from bench.campaign.truth_of_plant import Eye, Moment
from bench.schedule.scheduler import Scheduler

_CLOSE_NS, _CLOSELY_NS = NS_PER_MS, 400 * NS_PER_MS
_LATER_NS = 10 * NS_PER_MS
_LOOK_PRIORITY = 9  # after all that happens in the same millisecond
_LESS_NM = 0.15
_GONE_NM, _STANDING_RPM = 3.0, 60.0


class Observer:
    """Looks from just before ``fault_ns`` on, by itself, as long as the scheduler runs; ``beside`` is called, too."""

    def __init__(
        self, eye: Eye, scheduler: Scheduler, fault_ns: int, beside: Callable[[], None] = lambda: None
    ) -> None:
        self._eye, self._scheduler, self._fault_ns, self._beside = eye, scheduler, fault_ns, beside
        self.moments: list[Moment] = []
        scheduler.call(fault_ns - _CLOSE_NS, self._look, _LOOK_PRIORITY)

    def _look(self) -> None:
        now_ns = self._scheduler.t_ns
        self.moments.append(self._eye.look(now_ns))
        self._beside()
        step_ns = _CLOSE_NS if now_ns < self._fault_ns + _CLOSELY_NS else _LATER_NS
        self._scheduler.call(now_ns + step_ns, self._look, _LOOK_PRIORITY)

    def at_fault(self) -> Moment:
        """The last look before the fault."""
        return self.moments[0]

    def since_fault(self) -> list[Moment]:
        """All looks from the fault on."""
        return self.moments[bisect_left(self.moments, self._fault_ns, key=lambda moment: moment.t_ns) :]

    def torque_yields_ns(self) -> int | None:
        """When the inverter first obeyed less torque than before: the first safe command that has come to a device."""
        most = abs(self.at_fault().asked_nm)
        for moment in self.since_fault():
            most = max(most, abs(moment.asked_nm))
            if abs(moment.asked_nm) < most - _LESS_NM or not moment.pwm:
                return moment.t_ns
        return None

    def first_ns(self, true: Callable[[Moment], bool]) -> int | None:
        """The first look from the fault on at which ``true``."""
        return next((moment.t_ns for moment in self.since_fault() if true(moment)), None)

    def unrest(self, safe_ns: int | None, *, charged: bool) -> str:
        """Why it does not all end without torque, turning or voltage, or nothing. ``safe_ns``: when the stop had come
        to its end; nothing may be energised from then on. ``charged``: nobody could ask for the discharge, and the
        bench has told so: then the voltage of the open link may decay by itself."""
        last = self.moments[-1]
        if last.pwm or abs(last.torque_nm) > _GONE_NM:
            return f"torque {last.torque_nm:.1f} Nm at the end, power stage {'on' if last.pwm else 'off'}"
        if abs(last.motor_rpm) > _STANDING_RPM:
            return f"{last.motor_rpm:.0f} rpm at the end"
        if last.contactor or last.supply_on:
            return "contactors closed at the end" if last.contactor else "the supply is on at the end"
        if not last.without_voltage and not charged:
            return f"{last.link_v:.0f} V and {last.supply_v:.0f} V at the end"
        return "" if safe_ns is None else self._again(safe_ns)

    def _again(self, safe_ns: int) -> str:
        """What was energised after it had been safe."""
        after = [moment for moment in self.moments if moment.t_ns >= safe_ns]
        lit = next((m for m in after if m.contactor or m.pwm or m.supply_on), None)
        return f"energised again at {lit.t_ns / NS_PER_S:.3f} s" if lit else ""

    def never_energised(self) -> bool:
        """Whether there was no voltage from the fault on."""
        return all(moment.without_voltage and not moment.pwm for moment in self.since_fault())

    def fastest_rpm(self) -> float:
        """Of the motor, from the fault on."""
        return max(abs(moment.motor_rpm) for moment in self.since_fault())

"""Two kinds of pause. ``hold``: load and clock go on, and nothing new is begun. ``suspend``: the plan's clock stands
still, and the unit is taken to warm idle; it comes back to where it was, and what was under way is done again.

A pause is a wrapper around the sequence (``Pauses.pausable``): steps know nothing of it. It is asked for at the desk,
by the operator, a script, or a condition of the plan. A stop overrides it at any moment.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeVar

from bench.base.errors import BenchError
from bench.base.records import CMD_STOP
from bench.base.time import NS_PER_MS, NS_PER_S, seconds
from bench.base.units import Unit, UnitError, parse
from bench.schedule.outcomes import Held, Stopped
from bench.schedule.requests import (
    Collect,
    Collected,
    Command,
    Measure,
    Operation,
    Prompt,
    Record,
    Request,
    Segment,
    Sleep,
    SleepUntil,
    Together,
    Until,
)
from bench.sequence.pause.idling import Idling

T = TypeVar("T")

HOLD, SUSPEND, RESUME = "hold", "suspend", "resume"
KEYS = {"h": HOLD, "s": SUSPEND, "r": RESUME}
"""What an operator types, or the whole word."""
_LOOK_NS = 100 * NS_PER_MS
_BREAKABLE = (Sleep, SleepUntil, Until, Measure, Segment, Collected, Prompt)
"""What may be interrupted; anything else takes little time, and ends first."""
_STEADY = (Measure, Segment, Collected)
"""What must not go on from a bench that was elsewhere meanwhile."""
_CYCLE = "endurance_cycle"


class Paused(BenchError):
    """Thrown at what the sequence waits for, so that a suspension can begin; it never reaches a step."""


class Wish(NamedTuple):
    """``hold``, ``suspend`` or ``resume``, and who wants it: ``operator``, ``script`` or ``condition``."""

    kind: str
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Scripted:
    """A wish at a run time."""

    t_ns: int
    wish: Wish


class Pauses:
    """Of one sequence. ``clock``: the run time, ``interrupt``: throws ``Paused`` at what the sequence waits for;
    ``stand_still`` is told when the plan's clock stands and when it goes on."""

    def __init__(
        self, clock: Callable[[], int], interrupt: Callable[[BenchError], None],
        stand_still: Callable[[bool], None] = lambda _still: None,
    ) -> None:  # fmt: skip
        self._clock, self._interrupt, self._stand_still = clock, interrupt, stand_still
        self._wanted: Wish | None = None
        self._pending: Request | None = None  # what the sequence waits for, if that may be interrupted
        self._at_work = False
        self._collecting = False
        self._disturbed: Held | None = None
        self._boundary = False
        self._idling = Idling()
        self._stands = ""

    @property
    def at_work(self) -> bool:
        """Whether the bench is armed and its signs are checked, and no stop has begun."""
        return self._at_work

    @property
    def wanted(self) -> Wish | None:
        """What was asked for and not taken back."""
        return self._wanted

    @property
    def stands(self) -> str:
        """``hold`` or ``suspend`` while the sequence stands still, else nothing."""
        return self._stands

    def want(self, wish: Wish) -> None:
        """Ask for it. A suspension begins at once, a hold before the next thing; ``resume`` also takes back what has
        not begun yet. While the bench arms or stops, it waits until the bench is at work. A suspension by a condition
        is not ended by a lesser wish, and what the operator wants is not taken back by a condition."""
        if wish.kind == RESUME:
            if self._wanted is not None and (wish.by != "condition" or self._wanted.by == "condition"):
                self._wanted = None
            return
        if self._wanted is not None and (self._wanted.kind, wish.kind) == (SUSPEND, HOLD):
            return
        self._wanted = wish
        if wish.kind == SUSPEND and self._at_work and self._pending is not None:
            self._pending = None
            self._interrupt(Paused(f"suspended by the {wish.by}"))

    def pausable(self, operation: Operation[T]) -> Operation[T]:
        """``operation``, which can be paused."""
        answer: Any = None
        error: BaseException | None = None
        while True:
            try:
                request = operation.send(answer) if error is None else operation.throw(error)
            except StopIteration as end:
                found: T = end.value
                return found
            answer, error = None, None
            try:
                answer = yield from self._through(request)
            except Exception as raised:  # it belongs to the sequence
                error = raised
                self._at_work = self._at_work and not isinstance(raised, Stopped)

    # --- one request -----------------------------------------------------------------------------------------------
    def _through(self, request: Request) -> Operation[Any]:
        """Forward it, after a pause that is due before it, and again after one that has interrupted it."""
        yield from self._hold_before(request)
        while True:
            request = yield from self._suspend_before(request)
            if isinstance(request, _STEADY) and self._disturbed is not None:
                held, self._disturbed, self._collecting = self._disturbed, None, False
                raise held
            if isinstance(request, Together) and request.driving >= 0:
                request = self._in_branch(request)
            begun_ns = self._clock()
            self._pending = request if isinstance(request, _BREAKABLE) else None
            try:
                answer = yield request
            except Paused:
                request = _left(request, self._clock() - begun_ns)
                continue
            finally:
                self._pending = None
            self._note(request)
            return answer

    def _in_branch(self, request: Together) -> Together:
        """What drives the bench is what is paused; the other branches go on."""
        number, branches = request.driving, request.operations
        driving = self.pausable(branches[number])
        return replace(request, operations=(*branches[:number], driving, *branches[number + 1 :]))

    def _note(self, request: Request) -> None:
        """What has been asked for tells where the bench is."""
        self._idling.note(request)
        match request:
            case Record(event="sign_check"):
                self._at_work = True
            case Record(event="arming" | "stop_requested"):
                self._at_work = False
            case Command(records=records) if any(record["length"] == CMD_STOP for record in records):
                self._at_work = False
            case Collect():
                self._collecting, self._disturbed = True, None
            case Collected(last=last):
                self._collecting = not last
            case Until():
                self._disturbed = None
        self._boundary = isinstance(request, Record) and request.event == _CYCLE

    # --- pauses ----------------------------------------------------------------------------------------------------
    def _hold_before(self, request: Request) -> Operation[None]:
        wish = self._wanted
        if wish is None or wish.kind != HOLD or not self._at_work or not (self._boundary or _begins(request)):
            return
        begun_ns = self._clock()
        yield Record("held", {"by": wish.by, "reason": wish.reason})
        yield from self._stand(HOLD)
        stood_ns = self._clock() - begun_ns
        yield Record("resumed_from_hold", {"by": self._ended_by(wish), "stood_s": seconds(stood_ns)})
        self._disturbed = Held(f"held by the {wish.by}", seconds(stood_ns), wanted=True)

    def _suspend_before(self, request: Request) -> Operation[Request]:
        """Also where a hold has become a suspension meanwhile. What is left to be asked for then."""
        wish = self._wanted
        if wish is None or wish.kind != SUSPEND or not self._at_work or not isinstance(request, _BREAKABLE):
            return request
        begun_ns = self._clock()
        if self._collecting:
            yield Collected(begun_ns, last=True)
        self._stand_still(True)
        try:
            yield Record("suspended", {"by": wish.by, "reason": wish.reason, **self._idling.told()})
            there = self._idling.here
            yield from self._idling.go_to_idle()
            yield from self._stand(SUSPEND)
            yield from self._idling.go(there)
        finally:
            self._stand_still(False)
        stood_ns = self._clock() - begun_ns
        stood_s = seconds(stood_ns)
        yield Record("resumed_from_suspend", {"by": self._ended_by(wish), "stood_s": stood_s})
        self._disturbed = Held(f"suspended by the {wish.by}", stood_s, wanted=True)
        if self._collecting:
            held, self._disturbed, self._collecting = self._disturbed, None, False
            raise held
        return SleepUntil(request.t_ns + stood_ns) if isinstance(request, SleepUntil) else request

    def _stand(self, kind: str) -> Operation[None]:
        """Until the wish is taken back, or has become a stronger one."""
        self._stands = kind
        try:
            while self._wanted is not None and self._wanted.kind == kind:
                yield Sleep(_LOOK_NS)
        finally:
            self._stands = ""

    def _ended_by(self, wish: Wish) -> str:
        return wish.by if self._wanted is None else self._wanted.by


def _begins(request: Request) -> bool:
    """Whether it begins something new: a step, a point, a pass, a cycle."""
    return isinstance(request, Record) and request.event.endswith("_started")


def _left(request: Request, passed_ns: int) -> Request:
    """What is left of it after it was interrupted: times of the plan's clock go on where they stood."""
    match request:
        case Sleep(duration_ns=duration_ns):
            return Sleep(max(0, duration_ns - passed_ns))
        case Until(conditions=conditions, timeout_ns=timeout_ns):
            return Until(conditions, max(NS_PER_S, timeout_ns - passed_ns))
        case Prompt(timeout_ns=timeout_ns):
            return replace(request, timeout_ns=max(NS_PER_S, timeout_ns - passed_ns))
    return request


def typed(text: str) -> Wish | None:
    """What an operator has typed, if it is a wish."""
    kind = KEYS.get(text.lower(), text.lower())
    return Wish(kind, "operator") if kind in KEYS.values() else None


def read_script(texts: Sequence[str]) -> list[Scripted]:
    """``hold@300s+60s``, ``suspend@20min+5min``: wishes, and when they are taken back. Raises ``ValueError``."""
    found: list[Scripted] = []
    for text in texts:
        kind, at, when = text.partition("@")
        begin, plus, lasting = when.partition("+")
        if kind not in (HOLD, SUSPEND) or not at:
            raise ValueError(f"{text!r} is no pause; write one such as hold@300s+60s or suspend@20min+5min")
        begin_ns = _ns(begin, text)
        found.append(Scripted(begin_ns, Wish(kind, "script")))
        if plus:
            found.append(Scripted(begin_ns + _ns(lasting, text), Wish(RESUME, "script")))
    return found


def _ns(text: str, whole: str) -> int:
    try:
        return round(parse(text, Unit.SECOND) * NS_PER_S)
    except UnitError:
        raise ValueError(f"{text!r} in {whole!r} is no time; write one such as 300 s") from None

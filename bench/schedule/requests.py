"""What a job may ask for. A job is a generator: it yields a request and is resumed with the answer.

The union is small and closed. Jobs know no clock, thread or socket; whoever runs them does.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sleep:
    """Resume after ``duration_ns``. Answer: ``None``."""

    duration_ns: int


@dataclass(frozen=True, slots=True)
class SleepUntil:
    """Resume at ``t_ns``, or at once if that has passed. Answer: ``None``."""

    t_ns: int


@dataclass(frozen=True, slots=True)
class Now:
    """Answer: the run time in nanoseconds."""


@dataclass(frozen=True, slots=True)
class Alike:
    """What comes next is ``count`` times the same. Answer: how many of them need not be done, because whoever answers
    only wants to foresee how long it takes and what it costs; 0 on every bench."""

    count: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """Send ``data`` over the job's link and, if ``reply`` is asked for, wait for one complete answer.

    Answer: the reply's bytes (``b""`` for a pure write). ``LinkTimeout`` or ``LinkClosed`` is thrown into the job
    when the total deadline passes or the peer goes. ``reply`` names the framing: ``""`` none, ``"line"`` up to LF,
    ``"block"`` one IEEE 488.2 definite block and its LF, ``"ak"`` STX to ETX, ``"modbus"`` as long as its header says.
    """

    data: bytes
    reply: str = "line"
    timeout_ns: int = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Frames:
    """Have the core send CAN frames with these ``data`` on the job's diagnostic connection, in order, and wait until
    frames of the other side come, at most until ``until_ns`` (run time).

    Answer: the data of all that came, in order; empty when the time has passed. ``LinkError`` is thrown if the core
    does not take them.
    """

    data: tuple[bytes, ...] = ()
    until_ns: int = 0


@dataclass(frozen=True, slots=True)
class Reopen:
    """Close the job's link and open a fresh one. Answer: ``None``; ``LinkError`` is thrown if that fails."""

    timeout_ns: int = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Post:
    """Put readings into the core's inbox. ``values`` is a structured array (``READING_POST``). Answer: ``None``."""

    values: Any


@dataclass(frozen=True, slots=True)
class Poll:
    """Read cyclically: ask ``question()``, hand the answer and the time of its arrival to ``take``, post the records it
    makes, and again at ``next_ns(arrival)``.

    Answer: ``None``, as soon as ``wanted()`` is true where the next question would be due; the first is asked in any
    case. What an ``Exchange``, ``take`` or a ``Post`` raises is thrown into the job. It is a loop of those three and a
    sleep, and spares the job a dozen resumptions for each reading.

    ``standing()`` tells, after an answer, what would be asked over and over (``bench.links.standing``; ``None``: ask as
    above). Whoever can do that for the job does, and tells ``resume(resumed)`` when and how it goes on here.
    """

    question: Callable[[], Exchange]
    take: Callable[[bytes, int], Any]
    next_ns: Callable[[int], int]
    wanted: Callable[[], bool]
    standing: Callable[[], Any] = lambda: None
    resume: Callable[[Any], None] = lambda _resumed: None


@dataclass(frozen=True, slots=True)
class Command:
    """Put commands (``INBOX`` records of kind COMMAND) into the core's inbox, in order. Answer: ``None``."""

    records: Any


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing to wait for. ``kind`` is a name of ``core.tables.CONDITION_KINDS``.

    ``above``/``below``: value beyond ``reference`` for ``window_ns``; ``within``: inside reference +- tolerance for
    ``window_ns``; ``range``: max - min over a full window < tolerance; ``deviation``: min and max over a full window
    inside reference +- tolerance; ``std``: standard deviation over a full window < tolerance; ``variation``: standard
    deviation over magnitude of the mean < tolerance, or that magnitude below ``reference``; ``done``: the trajectory of
    the set-point ``channel`` has arrived; ``elapsed``: ``window_ns`` have passed. A value that is not good never
    satisfies any of them but the last two.
    """

    kind: str
    channel: str
    reference: float = 0.0
    tolerance: float = 0.0
    window_ns: int = 0


@dataclass(frozen=True, slots=True)
class Until:
    """Wait until all conditions hold at once. Answer: ``True``, or ``False`` when ``timeout_ns`` has passed."""

    conditions: tuple[Condition, ...]
    timeout_ns: int


@dataclass(frozen=True, slots=True)
class Ramp:
    """Move the set-point ``channel`` to ``target`` at ``rate`` per second (0: its highest). Answer: ``None``, at once.

    The core refuses what lies outside the envelope; the refusal ends the step with ``SetpointRefused``.
    """

    channel: str
    target: float
    rate: float = 0.0


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of a profile: move several set-points in the same cycle, and resume at ``until_ns`` (run time).
    Answer: ``None``.

    A refusal by the core is thrown as ``SetpointRefused`` when it comes. ``Held`` is thrown if set-points were held
    since the last segment, or since an ``Until`` has found the bench steady: what follows would be another profile.
    """

    ramps: tuple[Ramp, ...]
    until_ns: int


@dataclass(frozen=True, slots=True)
class Read:
    """Answer: a ``Reading`` per channel, in order, as the image has them now."""

    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """Keep every fresh value of ``channels`` until ``duration_ns`` has passed *and* the ``pace`` channel was updated
    ``updates`` times (at most ``timeout_ns``); ``pace`` is one of ``channels``. Answer: a ``Window``."""

    channels: tuple[str, ...]
    duration_ns: int
    updates: int
    pace: str
    timeout_ns: int


@dataclass(frozen=True, slots=True)
class Window:
    """What a ``Measure`` or ``Collect`` saw: per channel the times and values of its good fresh values, and how many
    were not good."""

    start_ns: int
    end_ns: int
    t_ns: Mapping[str, Any]
    values: Mapping[str, Any]
    bad: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Collect:
    """Begin to keep every fresh value of ``channels``, for as long as it takes. Answer: ``None``, at once.

    ``Collected`` hands them over; the job does other things meanwhile, but may not ``Measure``.
    """

    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Collected:
    """Answer: the ``Window`` of all that was collected up to ``until_ns`` (run time) since the beginning or the last
    ``Collected``. What is later belongs to the next one, unless this is the ``last``.

    ``Held`` is thrown if set-points were held since the beginning; the collection is then over.
    """

    until_ns: int
    last: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask a link's driver for something that moves no energy (``identify``, ``set_up``, ``ranges``).

    Answer: a mapping of plain values. ``LinkError`` or ``DeviceError`` is thrown on failure.
    """

    part: str
    what: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """Journal ``event`` with ``data``, durably, before going on. Answer: ``None``."""

    event: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Prompt:
    """Ask the operator, who may give one of ``answers`` (empty: any text). Answer: an ``Answer``; when ``timeout_ns``
    has passed that of the ``default``.

    ``holds``: there is no time-out where somebody can be asked at all. ``likely``: with which the plan goes on.
    """

    text: str
    answers: tuple[str, ...]
    default: str | None
    timeout_ns: int
    holds: bool = False
    likely: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered (``None``: nothing), and ``by`` whom: ``operator``, ``script`` or ``time-out``."""

    text: str | None
    by: str


@dataclass(frozen=True, slots=True)
class BusReport:
    """Answer: what was seen of each message on the CAN buses since the start, a mapping for the journal each."""


@dataclass(frozen=True, slots=True, eq=False)
class Alarm:
    """From now on the job is interrupted at ``t_ns``: ``DeadlinePassed`` with this alarm is thrown at what it waits for
    then, or into all of its branches. Answer: ``None``, at once. ``what`` is said about it. While the plan's clock
    stands still (a suspension), so does the alarm's."""

    t_ns: int
    what: str


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Let an alarm not ring any more. Answer: ``None``."""

    alarm: Alarm


@dataclass(frozen=True, slots=True)
class StoodStill:
    """Answer: for how long the plan's clock has stood still in this run so far, ns."""


@dataclass(frozen=True, slots=True)
class Together:
    """Run several operations beside each other, each as a job of its own that is told of stops. Answer: an ``Outcome``
    for each, when all have ended. As soon as one ends with an error, ``BranchEnded`` is thrown into the others.
    ``driving``: which of them commands the bench; negative: none. Pauses are its matter."""

    operations: tuple["Operation[Any]", ...]
    driving: int = -1


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one of several operations ended: its result, or its error."""

    result: Any = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class UntilSafe:
    """Wait until a stop ladder has ended (``EV_SAFE``). Answer: a ``StopReport``. Allowed after ``Stopped``."""

    timeout_ns: int


@dataclass(frozen=True, slots=True)
class StopReport:
    """How a stop went: whether the ladder ended in time, whether all rungs were confirmed, and each rung's outcome
    (``"confirmed"`` or ``"missed"``) by name, in order."""

    ended: bool
    confirmed: bool
    cause: str = ""
    rungs: tuple[tuple[str, str], ...] = ()


Request: TypeAlias = (
    Sleep
    | SleepUntil
    | Now
    | Alike
    | Exchange
    | Frames
    | Reopen
    | Post
    | Poll
    | Command
    | Until
    | Ramp
    | Segment
    | Read
    | Measure
    | Collect
    | Collected
    | Ask
    | Record
    | Prompt
    | BusReport
    | Alarm
    | Withdraw
    | StoodStill
    | Together
    | UntilSafe
)
Operation: TypeAlias = Generator[Request, Any, T]
"""A job, or a part of one: ``reply = yield Exchange(...)``; compose with ``yield from``."""

"""What a program is made from, in readable form: names instead of indices. The assembly writes one ``Design``.

Times are in ns, rates per second, values in the unit of their channel.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.base.channel import Channels
from bench.base.derived import Derived
from bench.canbus.tables import CanTables
from bench.core.causes import SILENCE, Cause
from bench.core.tables import (
    MODE_ARMED,
    MODE_STOPPING,
    NO_STOP,
    STOP,
    STOP_CONTROLLED,
)

SAFE_RATE = -1.0
AT_ONCE = 0.0
_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Setpoint:
    """One commanded quantity: its range, its highest rate, and what a stop may do with it.

    ``freeze_value``: what a class 2 stop ramps to (NaN: hold). ``toggle``: flips 0/1 with each of its frames.
    ``always``: accepted while disarmed too. ``derate``: factor on the range while a DERATE limit is violated.
    """

    channel: str
    low: float
    high: float
    rate_max: float = math.inf
    safe_rate: float = math.inf
    initial: float = 0.0
    freeze_value: float = math.nan
    derate: float = 1.0
    toggle: bool = False
    always: bool = False


@dataclass(frozen=True, slots=True)
class Envelope:
    """Torque allowed over speed: ``points`` are (rpm, lowest Nm, highest Nm), rising speed from 0; mirrored for
    negative speeds, nothing but 0 Nm beyond the last. ``speeds`` maps speed set-points to their factor on the
    envelope's speed (a half-shaft: the ratio)."""

    torque: str
    actual_speed: str
    speeds: Mapping[str, float]
    points: tuple[tuple[float, float, float], ...]
    margin_nm: float = 0.5
    actual_factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Limit:
    """``not (low <= x <= high)`` for ``debounce_ns`` is a violation; so is, for a STOP limit, a value that is not good
    for ``lost_ns`` (at least ``debounce_ns``) or older than ``stale_ns`` (0: age is not judged here). What is lost says
    nothing about its size: the stop then has ``cause_lost`` (none: ``cause``) and is a controlled one at most.

    With ``minus`` (up to two channels and factors) the judged ``x`` is the difference:
    ``(("dyno_l.speed", 4.387), ("dyno_r.speed", 4.387))``.
    """

    name: str
    channel: str
    low: float = -math.inf
    high: float = math.inf
    level: int = STOP
    stop_class: int = STOP_CONTROLLED
    cause: int = Cause.LIMIT
    debounce_ns: int = 0
    lost_ns: int = 0
    cause_lost: int = Cause.NONE
    hysteresis: float = 0.0
    stale_ns: int = 0
    modes: int = MODE_ARMED | MODE_STOPPING
    minus: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class TorquePair:
    """``channel``: how far the sum of ``flanges`` (one or two), divided by ``ratio``, is from the ``estimate`` at the
    motor's shaft, as a share of the larger of ``share`` times the estimate and ``band_nm``; 0 where they agree with any
    estimate of the last ``window_ns``. In between may be ``inertia_kg_m2`` (at the motor's shaft), ``mesh_loss`` (a
    share of the torque) and ``drag_nm``."""

    channel: str
    estimate: str
    speed: str
    flanges: tuple[str, ...]
    share: float
    band_nm: float
    window_ns: int
    ratio: float = 1.0
    inertia_kg_m2: float = 0.0
    mesh_loss: float = 0.0
    drag_nm: float = 0.0


@dataclass(frozen=True, slots=True)
class Receive:
    """How a received message is judged: its age, its counter, its bad frames (F-01, F-03, F-04, F-05).

    ``message`` is its index in the CAN tables. ``max_age_ns`` 0: three cycles + 10 ms.
    """

    name: str
    message: int
    period_ns: int
    max_age_ns: int = 0
    frozen_max: int = 3
    bad_max: int = 3
    stop_class: int = STOP_CONTROLLED
    cause_age: int = Cause.STATUS_FRAME_MISSING
    modes: int = MODE_ARMED


@dataclass(frozen=True, slots=True)
class Transmit:
    """When a message is sent; ``toggle`` names a set-point that flips with each of its frames. ``message`` NONE: there
    is no frame, the toggle flips for a link to carry."""

    name: str
    message: int
    period_ns: int
    offset_ns: int = 0
    toggle: str = ""


@dataclass(frozen=True, slots=True)
class Monitor:
    """Which channels tell what is seen of a message: names by statistic (``bench.canbus.monitors.STATISTICS``), which
    must follow each other in the image in that order; ``sent``: it is ours."""

    message: int
    channels: Mapping[str, str]
    name: str = ""
    sent: bool = False


@dataclass(frozen=True, slots=True)
class BusMonitor:
    """The bit rate of bus 0, 1, ... and the channels of its load, unknown ids, their frames, and foreign frames."""

    bitrate: int
    channels: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Who must give a sign of life how often; two rows for one ``who`` give two classes (F-56)."""

    who: int
    max_age_ns: int
    stop_class: int
    cause: int
    modes: int = MODE_ARMED


@dataclass(frozen=True, slots=True)
class DiagnosticRoute:
    """Identifiers of one diagnostic connection (ISO-TP) on ``bus``. The links ask for frames ``request``, and hear
    frames ``response``; no message of the bench may have either. ``extended``: extended addressing. ``parameters``:
    frames of 8 bytes that read one parameter each, or write it (bit 0 of byte 2), instead of ISO-TP."""

    name: str
    bus: int
    request: int
    response: int
    extended: bool = False
    length_max: int = 8
    parameters: bool = False


SERVICE, LINKS, RECORDER = 1, 2, 3
"""Who sends HEARTBEAT records (field ``id``)."""
HEARTBEATS = 8


@dataclass(frozen=True, slots=True)
class Confirm:
    """An independent observation: ``operator`` ABS_BELOW, BELOW, ABOVE or ARRIVED (a set-point's trajectory).

    The threshold in force is ``threshold + slope * |other|``: no-load power at this speed, for instance.
    A value that is not good, or older than ``stale_ns`` (0: not judged here), confirms nothing.
    """

    channel: str
    operator: int
    threshold: float = 0.0
    slope: float = 0.0
    other: str = ""
    stale_ns: int = 0


@dataclass(frozen=True, slots=True)
class Action:
    """Move a set-point to ``target``; ``rate`` per second, SAFE_RATE or AT_ONCE."""

    setpoint: str
    target: float
    rate: float = SAFE_RATE


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of a stop ladder: command, independent confirmation, deadline, and what to do on a miss.

    Confirmed when all ``confirms`` have held for ``hold_ns``, ``min_ns`` after the rung began at the earliest. On a
    miss ``on_miss`` acts, and the ladder goes on, or jumps to the ladder of ``escalate_class``.
    """

    name: str
    actions: tuple[Action, ...] = ()
    confirms: tuple[Confirm, ...] = ()
    deadline_ns: int = 1_000 * _MS
    hold_ns: int = 0
    min_ns: int = 0
    on_miss: tuple[Action, ...] = ()
    escalate_class: int = NO_STOP
    escalate_cause: int = Cause.RUNG_MISSED


@dataclass(frozen=True, slots=True)
class SampleGroup:
    """Channels sampled together: every ``slow_ns`` (``fast_ns`` while fast sampling is on), or with each new value of
    the channel ``trigger``. ``rows`` bounds how far the recorder may lag."""

    name: str
    channels: tuple[str, ...]
    slow_ns: int = 100 * _MS
    fast_ns: int = 10 * _MS
    trigger: str = ""
    rows: int = 4096


@dataclass(frozen=True, slots=True)
class Design:
    """Everything the core shall do. ``ladders`` maps the stop class to its rungs; ``stale_ns`` gives each measured
    channel the age from which the image calls it stale; ``energised``: any of these holding means energised; channels
    in ``zero`` (counts of trouble) are 0 and good until somebody tells otherwise; ``words``: channels whose changes
    are told (fault words)."""

    channels: Channels
    can: CanTables
    setpoints: tuple[Setpoint, ...] = ()
    envelopes: tuple[Envelope, ...] = ()
    limits: tuple[Limit, ...] = ()
    receives: tuple[Receive, ...] = ()
    transmits: tuple[Transmit, ...] = ()
    monitors: tuple[Monitor, ...] = ()
    buses: tuple[BusMonitor, ...] = (BusMonitor(500_000), BusMonitor(500_000))
    heartbeats: tuple[Heartbeat, ...] = ()
    ladders: Mapping[int, tuple[Rung, ...]] = field(default_factory=dict)
    energised: tuple[Confirm, ...] = ()
    diagnostics: tuple[DiagnosticRoute, ...] = ()
    derived: tuple[Derived, ...] = ()
    torque_pairs: tuple[TorquePair, ...] = ()
    words: tuple[str, ...] = ()
    groups: tuple[SampleGroup, ...] = ()
    stale_ns: Mapping[str, int] = field(default_factory=dict)
    zero: tuple[str, ...] = ()
    cycle_ns: int = _MS
    stall_ns: int = 1_000 * _MS
    log_full: bool = False

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """All rungs in table order: classes 2, 1, 0. ``id`` of EV_RUNG is the place in here."""
        return tuple(rung for stop_class in (2, 1, 0) for rung in self.ladders.get(stop_class, ()))

    def source_of(self, cause: int, source: int) -> str:
        """The name of the limit or message that a stop came from (``extra`` of EV_STOP); empty where there is none."""
        if cause in _OF_MESSAGES:
            names = {each.message: each.name for each in self.receives}
            return {each.message: each.name for each in self.transmits}.get(source) or names.get(source, "")
        told = cause in _OF_NOTHING or not 0 <= source < len(self.limits)
        return "" if told else self.limits[source].name


_OF_MESSAGES = frozenset(
    {
        Cause.STATUS_FRAME_MISSING,
        Cause.COUNTER_FROZEN,
        Cause.FRAMES_BAD,
        Cause.FOREIGN_FRAME,
        Cause.FRAME_NOT_SENT,
        Cause.SETPOINT_NOT_ENCODABLE,
    }
)
"""Causes that come from a message."""

_OF_NOTHING = frozenset(
    {
        Cause.INSULATION,  # from a limit or from a message: its text says enough
        *SILENCE,
        Cause.RUNG_MISSED,
    }
)
"""Causes whose source is neither a limit nor a message."""

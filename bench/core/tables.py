"""The record types of the core: what a program is made of, and what a state is made of.

Every table is a numpy structured array, so that compiled code, shared memory and the program's hash use the same
bytes. Index fields hold -1 for "none". Times are in ns, values in the unit of their channel.
"""

import numpy as np

NONE = -1

# --- modes: in which of them a limit, a message or a heartbeat is judged (bit mask) ---
MODE_ALWAYS = 1
MODE_ARMED = 2
MODE_STOPPING = 4  # from the stop's cause to CMD_RESET
MODE_ENERGISED = 8  # one of the program's ``energised`` conditions holds

# --- levels of a limit ---
WARN, DERATE, STOP = 1, 2, 3

# --- stop classes: the number is what CMD_STOP carries; lower is stronger ---
STOP_HARDWARE, STOP_CONTROLLED, STOP_FREEZE, NO_STOP = 0, 1, 2, 3

# --- phases of the stop ---
RUNNING, STOPPING, STOPPED = 0, 1, 2

# --- reasons of EV_REFUSED ---
REFUSED_NOT_ARMED = 1
REFUSED_STOPPING = 2
REFUSED_NOT_FINITE = 3
REFUSED_RANGE = 4
REFUSED_ENVELOPE = 5
REFUSED_UNKNOWN = 6
REFUSED_SPEED_UNKNOWN = 7  # the envelope cannot be judged: the actual speed is not good
REFUSED_LATCHED = 8  # CMD_RESET of a latched cause without the operator's acknowledgement, or before the stop is done
REFUSED_NOT_DIAGNOSTIC = 9
REFUSED_WHILE_ARMED = 10
REFUSED_LENGTH = 11

REFUSALS = {
    REFUSED_NOT_ARMED: "the bench is not armed",
    REFUSED_STOPPING: "a stop is active; reset it and arm again",
    REFUSED_NOT_FINITE: "the value is not a finite number",
    REFUSED_RANGE: "outside the set-point's range",
    REFUSED_ENVELOPE: "outside the torque envelope at the commanded or the actual speed",
    REFUSED_UNKNOWN: "there is no such set-point, watch, limit or channel",
    REFUSED_SPEED_UNKNOWN: "the actual speed is not known, so the torque envelope cannot be judged",
    REFUSED_LATCHED: "the stop is not finished, or its cause is latched and wants the operator's acknowledgement",
    REFUSED_NOT_DIAGNOSTIC: "the frame's identifier is no diagnostic request of the DUT profile; nobody but the core "
    "sends other frames",
    REFUSED_WHILE_ARMED: "a diagnostic service that does more than read, while the bench is armed or stopping",
    REFUSED_LENGTH: "a diagnostic frame of a length that this bus does not carry",
}
"""What ``extra`` of EV_REFUSED means."""

# --- operators of a confirmation ---
ABS_BELOW, BELOW, ABOVE, ARRIVED = 1, 2, 3, 4

# --- kinds of a watch's condition ---
KIND_ABOVE, KIND_BELOW, KIND_WITHIN, KIND_RANGE, KIND_DEVIATION, KIND_STD, KIND_DONE, KIND_UPDATES = range(1, 9)
KIND_VARIATION, KIND_ELAPSED = 9, 10
CONDITION_KINDS = {
    "above": KIND_ABOVE,
    "below": KIND_BELOW,
    "within": KIND_WITHIN,
    "range": KIND_RANGE,
    "deviation": KIND_DEVIATION,
    "std": KIND_STD,
    "done": KIND_DONE,
    "updates": KIND_UPDATES,
    "variation": KIND_VARIATION,
    "elapsed": KIND_ELAPSED,
}
"""The names of ``requests.Condition.kind`` and their codes in CMD_WATCH_ADD; ``updates``: the meter holds at least
``reference`` fresh values of the channel."""

FAR_NS = 1 << 60
"""A time that never comes: 36 years."""

NO_SETPOINT = 0xFFFF_FFFF
"""``id`` of an EV_REFUSED that is about no set-point (arming, reset, a watch, a limit)."""

TICK = 5
"""Kind of an inbox *log* record: this cycle (``arrived_ns``) did not follow one period after the last (``t_ns``)."""

LATCHABLE = 256
"""Cause codes below may be latched (``Program.latched``)."""

TRANSMITTED = 1
"""``Program.roles``: this message is ours; whoever else sends it is an intruder. 0: received."""

WATCHES, CONDITIONS, WINDOW_SAMPLES = 16, 8, 256
METER_CHANNELS, METER_ROWS = 64, 2048
TORQUE_SPANS = 8

# --- program ---
CHANNEL = np.dtype([("stale_ns", "i8"), ("meter_ns", "i8"), ("setpoint", "i4"), ("zero", "u1")], align=True)
"""Per channel: age at which it becomes STALE (0: never), least distance of metered values, its set-point, and whether
it is 0 and good until somebody tells otherwise."""

SETPOINT = np.dtype(
    [
        ("low", "f8"),
        ("high", "f8"),
        ("rate_max", "f8"),  # per second
        ("safe_rate", "f8"),  # per second, for the ladder's "rate -1"
        ("initial", "f8"),
        ("freeze_value", "f8"),  # NaN: hold; otherwise what a class 2 stop ramps to
        ("derate", "f8"),  # factor on low and high while a DERATE limit is violated
        ("channel", "i4"),
        ("envelope", "i4"),  # this set-point is a torque under that envelope
        ("speed_of", "i4"),  # this set-point is a speed of that envelope
        ("speed_factor", "f8"),  # envelope speed = factor * set-point
        ("toggle", "u1"),  # flips with each transmission of its message
        ("always", "u1"),  # accepted while disarmed too (coolant); never while stopping
    ],
    align=True,
)

ENVELOPE = np.dtype(
    [
        ("margin_nm", "f8"),
        ("actual_factor", "f8"),  # envelope speed = factor * actual speed
        ("actual_channel", "i4"),
        ("torque_setpoint", "i4"),
        ("first_point", "i4"),
        ("points", "i4"),
    ],
    align=True,
)
ENVELOPE_POINT = np.dtype([("speed_rpm", "f8"), ("min_nm", "f8"), ("max_nm", "f8")], align=True)

LIMIT = np.dtype(
    [
        ("low", "f8"),
        ("high", "f8"),
        ("hysteresis", "f8"),
        ("factor_1", "f8"),
        ("factor_2", "f8"),
        ("debounce_ns", "i8"),
        ("lost_ns", "i8"),  # how long a value that is not good may last
        ("stale_ns", "i8"),  # FAR_NS: age is not judged
        ("channel", "i4"),
        ("other_1", "i4"),  # judged is channel - factor_1 * other_1 - factor_2 * other_2
        ("other_2", "i4"),
        ("cause", "u2"),
        ("cause_lost", "u2"),
        ("level", "u1"),
        ("stop_class", "u1"),
        ("modes", "u1"),
    ],
    align=True,
)

RX_RULE = np.dtype(
    [
        ("max_age_ns", "i8"),
        ("frozen_max", "i4"),  # consecutive repeats of the counter
        ("bad_max", "i4"),  # of the last ten frames
        ("message", "i4"),
        ("cause_age", "u2"),
        ("cause_frozen", "u2"),
        ("cause_bad", "u2"),
        ("stop_class", "u1"),
        ("modes", "u1"),
    ],
    align=True,
)

TX_ENTRY = np.dtype(
    [("period_ns", "i8"), ("offset_ns", "i8"), ("message", "i4"), ("toggle_setpoint", "i4")],
    align=True,
)

HEARTBEAT_RULE = np.dtype(
    [("max_age_ns", "i8"), ("who", "u4"), ("cause", "u2"), ("stop_class", "u1"), ("modes", "u1")], align=True
)

CONFIRM = np.dtype(
    [
        ("threshold", "f8"),
        ("slope", "f8"),  # threshold in force = threshold + slope * |other|
        ("stale_ns", "i8"),  # 0: only the image's own staleness
        ("channel", "i4"),
        ("other", "i4"),  # of ARRIVED: the set-point
        ("operator", "u1"),
    ],
    align=True,
)

ACTION = np.dtype([("target", "f8"), ("rate", "f8"), ("setpoint", "i4")], align=True)
"""Rate per second; -1: the set-point's safe rate; 0: at once."""

RUNG = np.dtype(
    [
        ("hold_ns", "i8"),
        ("min_ns", "i8"),
        ("deadline_ns", "i8"),
        ("first_action", "i4"),
        ("actions", "i4"),
        ("first_confirm", "i4"),
        ("confirms", "i4"),
        ("first_miss", "i4"),
        ("misses", "i4"),
        ("next", "i4"),
        ("escalate_class", "u1"),  # NO_STOP: go on with the next rung
        ("escalate_cause", "u2"),
    ],
    align=True,
)

DERIVED = np.dtype(
    [
        ("otherwise", "f8"),
        ("channel", "i4"),
        ("certain", "i4"),  # its cases hold by good values only, and it is always good itself
        ("first_case", "i4"),
        ("cases", "i4"),
        ("first_test", "i4"),  # of all its cases
        ("tests", "i4"),
    ],
    align=True,
)
CASE = np.dtype([("value", "f8"), ("first_test", "i4"), ("tests", "i4")], align=True)
TEST = np.dtype([("low", "f8"), ("high", "f8"), ("channel", "i4"), ("measured", "u1")], align=True)
"""Channels made of others; ``measured``: the tested channel is no set-point, so its quality and age count."""

TORQUE_PAIR = np.dtype(
    [
        *((name, "f8") for name in ("share", "band_nm", "ratio", "inertia_kg_m2", "mesh_loss", "drag_nm")),
        ("span_ns", "i8"),  # TORQUE_SPANS of them are the window
        *((name, "i4") for name in ("channel", "estimate", "speed", "flange_1", "flange_2")),
    ],
    align=True,
)

SAMPLE_GROUP = np.dtype(
    [
        ("slow_ns", "i8"),
        ("fast_ns", "i8"),
        ("first_value", "i8"),  # place of the group's rows in the flat sample arrays
        ("first_row", "i8"),
        ("rows", "i8"),
        ("trigger", "i4"),  # channel whose new t_ns asks for a row, instead of the periods
        ("first_channel", "i4"),
        ("channels", "i4"),
    ],
    align=True,
)

DIAGNOSTIC_ROUTE = np.dtype(
    [
        ("request", "u4"),
        ("response", "u4"),
        ("bus", "u1"),
        ("prefix", "u1"),  # address bytes before ISO-TP's own
        ("length_min", "u1"),
        ("length_max", "u1"),  # 8, or 64 with CAN FD
        ("parameters", "u1"),  # 1: parameter messages, no ISO-TP
    ],
    align=True,
)
"""Frames that a link may ask the core to send, and those that come back for it."""

SETTINGS = np.dtype(
    [
        ("cycle_ns", "i8"),
        ("late_ns", "i8"),  # a gap from here on counts as late
        ("stall_ns", "i8"),  # a gap from here on is a stop (host paused)
        ("monitor_ns", "i8"),  # between the turns of two monitors
        ("watched", "i4"),  # channels from here on never become stale
        ("step_max_ns", "i8"),  # a trajectory never moves by more than this time's worth in one cycle
        ("first_rung", "i4", (3,)),  # per stop class
        ("energised_confirms", "i4"),  # the first rows of the confirm table: any of them holds -> energised
        ("log_full", "u1"),
    ],
    align=True,
)

# --- state ---
SETPOINT_STATE = np.dtype(
    [
        ("value", "f8"),
        ("target", "f8"),
        ("rate", "f8"),  # per second; inf: at once
        ("held_target", "f8"),
        ("held_rate", "f8"),
        ("moving", "u1"),
        ("held", "u1"),  # frozen by a class 2 stop, CMD_RELEASE resumes
        ("limited", "u1"),  # EV_LIMITED was told
    ],
    align=True,
)

LIMIT_STATE = np.dtype(
    [
        ("low", "f8"),
        ("high", "f8"),
        ("since_ns", "i8"),  # outside since; -1: inside
        ("lost_since_ns", "i8"),  # not good since; -1: good
        ("violated", "u1"),  # 1: outside, 2: lost
    ],
    align=True,
)

WORD_STATE = np.dtype([("value", "f8"), ("t_ns", "i8")], align=True)
"""A fault word as it was told last, and when."""

TORQUE_MEMORY = np.dtype(
    [
        ("arrived_ns", "i8"),  # of the flanges' torque that was compared last
        *((name, "i8", (TORQUE_SPANS,)) for name in ("number", "since_ns")),
        *((name, "f8", (TORQUE_SPANS,)) for name in ("low_nm", "high_nm", "speed_rpm")),
    ],
    align=True,
)
"""Per span of the window: which it is, when it began and at what speed, and the estimates in it."""

WATCH = np.dtype([("deadline_ns", "i8"), ("conditions", "i4"), ("started", "u1")], align=True)

WATCH_CONDITION = np.dtype(
    [
        ("reference", "f8"),
        ("tolerance", "f8"),
        ("window_ns", "i8"),
        ("step_ns", "i8"),
        ("next_ns", "i8"),
        ("since_ns", "i8"),
        ("channel", "i4"),
        ("need", "i4"),  # samples of a full window
        ("count", "i4"),
        ("head", "i4"),
        ("kind", "u1"),
        ("holds", "u1"),
    ],
    align=True,
)

METER_CHANNEL = np.dtype([("last_ns", "i8"), ("rows", "i8"), ("channel", "i4")], align=True)
METER_ROW = np.dtype([("t_ns", "i8"), ("value", "f8"), ("quality", "u1")], align=True)

CORE = np.dtype(
    [
        ("t_ns", "i8"),  # of the last cycle, -1 before the first
        ("rung_since_ns", "i8"),
        ("confirmed_since_ns", "i8"),
        ("stop_ns", "i8"),
        ("heard_ns", "i8"),  # frozen for silence: since when all are heard again; -1: not yet
        ("next_send_ns", "i8"),
        ("next_silence_ns", "i8"),  # when to look again which protected messages are silent
        ("monitor_ns", "i8"),  # when the next monitor has its turn
        ("judge_ns", "i8"),  # when time alone may change a judgement: an age, a debounce time
        ("rung", "i4"),
        ("missed", "i4"),
        ("source", "i4"),  # limit, message or set-point the cause came from
        ("meter_channels", "i4"),
        ("stale_next", "i4"),
        ("monitor", "i4"),  # whose turn it is
        ("watches", "i4"),  # how many are started
        ("cause", "u2"),
        ("phase", "u1"),
        ("stop_class", "u1"),  # NO_STOP while none is active
        ("armed", "u1"),
        ("modes", "u1"),
        ("derating", "u1"),
        ("fast", "u1"),
        ("metering", "u1"),
        ("asked", "u1"),  # a diagnostic frame waits for the end of this cycle's own
        ("changed", "u1"),  # something else than time has changed since the last judgement
        ("bits", "u1"),  # the result of this cycle, gathered
    ],
    align=True,
)

COUNTERS = np.dtype(
    [
        ("digest", "u8"),  # rolling, over every record taken in
        ("taken_in", "i8"),
        ("cycles", "i8"),
        ("late", "i8"),
        ("older", "i8"),  # readings refused since a newer one was there
        ("unknown", "i8"),  # frames of ids we do not know, records of no kind, readings of no channel
        ("further_causes", "i8"),  # causes that came while an equal or stronger stop was active
        ("sent", "i8"),
        ("send_skipped", "i8"),
        ("send_failed", "i8"),
        ("bad_frames", "i8"),  # frames with a wrong length, CRC or counter, or with a signal out of range
    ],
    align=True,
)

# --- bits of the cycle's result ---
WOKE, CAUSE, SAFE, REFUSED, HEARD = 1, 2, 4, 8, 16

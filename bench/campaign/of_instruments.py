"""F-37 to F-48: what goes wrong between the links and the instruments.

``budget_ms`` of what lasts is the time in which a link has asked again on a fresh connection and given up.
"""

from bench.campaign.fault import Fault, Required
from bench.core.causes import Cause

_VISA = "VISA"
_POLL_MS, _UPDATE_MS = 50.0, 50.0
_TWO_UPDATES_MS = 2 * _UPDATE_MS + 25.0
_SUPPLY_MS, _DYNO_MS, _ANALYZER_MS = 500.0, 300.0, 1000.0  # time-outs of the demo rig
_SILENCE_MS = 2 * _ANALYZER_MS + 2 * _POLL_MS + 100.0
_SILENT = (Cause.INSTRUMENT_SILENT, Cause.STEP_FAILED, Cause.COUPLING_BROKEN)
"""A drive that is silent while the shafts speed up shows as a difference of speeds first."""

INSTRUMENT_FAULTS = (
    Fault(
        "F-37", _VISA, "one query is not answered", "time-out", Required.DATA, _ANALYZER_MS + _POLL_MS,
        ways=(("dyno_l.silence@{}+60ms",), ("supply.silence@{}+60ms",), ("analyzer.silence@{}+60ms",)),
        signs=("opened", "invalid"), restartable=True, appears_ms=2 * _POLL_MS,
    ),
    Fault(
        "F-38", _VISA, "an answer comes after its time-out", "poisoned connection is closed", Required.DATA,
        _ANALYZER_MS + _POLL_MS, signs=("opened", "invalid"), restartable=True, appears_ms=250.0,
        ways=(("dyno_l.late:520ms@{}+60ms",), ("supply.late:700ms@{}+250ms",), ("analyzer.late:1200ms@{}+60ms",)),
    ),
    Fault(
        "F-39", _VISA, "instrument power-cycled", "identity, set-up read back, power-on bit", Required.CONTROLLED,
        2 * _POLL_MS + _TWO_UPDATES_MS, restartable=True, appears_ms=200.0 + _SUPPLY_MS,
        ways=(("supply.restart@{}+200ms",), ("dyno_l.restart@{}+200ms",)),
        causes=(
            *_SILENT, Cause.INSTRUMENT_RESTARTED, Cause.CONTROL_LOST, Cause.UNDER_VOLTAGE, Cause.SUPPLY_TRIPPED,
            Cause.DYNO_TRIPPED, Cause.INVERTER_FAULT,
        ),
    ),
    Fault(
        "F-40", _VISA, "connection half open, then broken", "deadline", Required.CONTROLLED, _SILENCE_MS,
        ways=(("dyno_l.close@{}",), ("supply.close@{}",), ("analyzer.close@{}",)), causes=_SILENT, restartable=True,
        appears_ms=_POLL_MS,
    ),
    Fault(
        "F-41", _VISA, "endless answer", "own deadline and cap of bytes", Required.CONTROLLED, _SILENCE_MS,
        ways=(("dyno_r.endless@{}",), ("supply.endless@{}",), ("analyzer.endless@{}",)), causes=_SILENT,
        appears_ms=_POLL_MS,
        restartable=True,
    ),
    Fault(
        "F-42", _VISA, "nobody at the address", "deadline of the connection", Required.REFUSED, 2000.0,
        ways=(("supply.close@0s",), ("dyno_l.close@0s",)), only=("idle",),
        elsewhere="connections are made before anything else; a broken one is F-40", restartable=True,
        causes=(*_SILENT, Cause.ARMING_FAILED),
    ),
    Fault(
        "F-43", _VISA, "no data, over-range", "table of sentinels", Required.DATA, _TWO_UPDATES_MS, restartable=True,
        ways=(("supply.nan@{}+60ms",), ("dyno_l.inf@{}+60ms",), ("analyzer.nan@{}+60ms",)), signs=("invalid",),
        appears_ms=2 * _POLL_MS,
    ),
    Fault(
        "F-44", _VISA, "answer against the grammar", "strict grammar", Required.DATA, _TWO_UPDATES_MS, restartable=True,
        ways=(("supply.garbage:11@{}+1s",), ("dyno_l.garbage:11@{}+1s",), ("analyzer.garbage:11@{}+1s",)),
        signs=("opened",), appears_ms=12 * _POLL_MS,
    ),
    Fault(
        "F-45", _VISA, "error queue not empty after a write", "read after every group of writes", Required.DATA,
        _POLL_MS, restartable=True, open="no script line fills an instrument's error queue yet",
    ),
    Fault(
        "F-46", _VISA, "set-point accepted, read back otherwise", "reading back", Required.CONTROLLED, _POLL_MS,
        open="no script line changes a set-point inside an instrument yet",
    ),
    Fault(
        "F-47", _VISA, "overload or change of range inside a point", "status bits", Required.DATA, _UPDATE_MS,
        restartable=True, open="no script line overloads an input or changes its range yet",
    ),
    Fault(
        "F-48", _VISA, "a second client takes over", "lock lost, control by another", Required.CONTROLLED,
        _POLL_MS + _TWO_UPDATES_MS, ways=(("dyno_l.taken@{}",), ("supply.local@{}",), ("dyno_r.local@{}",)),
        causes=(Cause.CONTROL_LOST, Cause.DYNO_TRIPPED, Cause.COUPLING_BROKEN, Cause.OVER_VOLTAGE),
    ),
)  # fmt: skip

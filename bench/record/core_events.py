"""What the core told, as journal records: codes become names, and every stop says what happened and what to do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base import records as r

_LEVELS = {1: "warn", 2: "derate", 3: "stop"}
_CLASSES = {2: "freeze", 1: "controlled", 0: "hardware chain"}
_OUTCOMES = {0: "entered", 1: "confirmed", -1: "missed"}
_BAD = {1: "length", 2: "CRC", 3: "counter", 4: "range", 6: "sender"}


@dataclass(frozen=True, slots=True)
class Names:
    """The names behind the core's indices, and the texts behind its cause codes (happened, remedy)."""

    setpoints: tuple[str, ...]
    limits: tuple[str, ...]
    rungs: tuple[str, ...]
    messages: tuple[str, ...]
    cause: Callable[[int], tuple[str, str]]
    words: tuple[tuple[str, Callable[[int], tuple[str, ...]]], ...] = ()
    """Channel of each fault word, and what a value of it says."""


def _value(number: Any) -> float | None:
    value = float(number)
    return value if np.isfinite(value) else None


def _limit(event: np.void, names: Names) -> Mapping[str, Any]:
    level = _LEVELS.get(int(event["value"]), "clear")
    return {"limit": names.limits[int(event["id"])], "level": level, "value": _value(event["extra"])}


def _stop(event: np.void, names: Names) -> Mapping[str, Any]:
    happened, remedy = names.cause(int(event["id"]))
    return {"cause": int(event["id"]), "happened": happened, "remedy": remedy, "source": int(event["extra"]),
            "stop_class": _CLASSES[int(event["value"])]}  # fmt: skip


def _released(event: np.void, names: Names) -> Mapping[str, Any]:
    cause = int(event["id"])
    return {"cause": cause, "over": names.cause(cause)[0], "held_s": round(float(event["value"]), 3)}


def _rung(event: np.void, names: Names) -> Mapping[str, Any]:
    return {"rung": names.rungs[int(event["id"])], "outcome": _OUTCOMES[int(event["value"])]}


def _refused(event: np.void, names: Names) -> Mapping[str, Any]:
    place = int(event["id"])
    name = names.setpoints[place] if place < len(names.setpoints) else str(place)
    return {"setpoint": name, "target": _value(event["value"]), "reason": int(event["extra"])}


def _limited(event: np.void, names: Names) -> Mapping[str, Any]:
    return {
        "setpoint": names.setpoints[int(event["id"])],
        "asked": _value(event["value"]),
        "allowed": _value(event["extra"]),
    }


def _bad_frame(event: np.void, names: Names) -> Mapping[str, Any]:
    reason = _BAD.get(int(event["value"]), "unknown")
    return {"message": names.messages[int(event["id"])], "reason": reason, "bad_frames": int(event["extra"])}


def _word(event: np.void, names: Names) -> Mapping[str, Any]:
    channel, texts = names.words[int(event["id"])]
    return {"channel": channel, "word": int(event["value"]), "faults": list(texts(int(event["value"])))}


_TELL: Mapping[int, tuple[str, Callable[[np.void, Names], Mapping[str, Any]]]] = {
    r.EV_LIMIT: ("core_limit", _limit),
    r.EV_STOP: ("core_stop", _stop),
    r.EV_RUNG: ("core_rung", _rung),
    r.EV_SAFE: ("core_safe", lambda event, _names: {"confirmed": bool(event["value"] > 0)}),
    r.EV_REFUSED: ("core_refused", _refused),
    r.EV_LIMITED: ("core_limited", _limited),
    r.EV_FRAME_BAD: ("core_frame_bad", _bad_frame),
    r.EV_LATE: ("core_late", lambda event, _names: {"cycles": int(event["value"])}),
    r.EV_RELEASED: ("core_released", _released),
    r.EV_WORD: ("inverter_fault", _word),
    r.EV_ARMED: ("core_armed", lambda event, _names: {"armed": bool(event["value"] > 0)}),
}


def describe(events: NDArray[np.void], names: Names) -> list[tuple[int, str, Mapping[str, Any]]]:
    """(t_ns, event, data) for the journal; wakes are not journalled, they only resume a step."""
    return [
        (int(event["t_ns"]), name, tell(event, names))
        for event in events
        if int(event["kind"]) in _TELL
        for name, tell in (_TELL[int(event["kind"])],)
    ]

"""Who is on the bench, and what it has to complain of: asked before anything is energised, and after every plan.

A unit that is not the expected one is not armed. Trouble codes are in the journal before anybody clears them. Once the
bench is armed nothing here can stop it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.base.errors import DeviceError, LinkError
from bench.core.causes import Cause
from bench.schedule.outcomes import Stopped
from bench.schedule.requests import Ask, Operation, Record
from bench.sequence.failures import SequenceFailed

PART = "dut"
EVENT = "diagnostics"
_SKIPPED = "the DUT profile has no section 'diagnostics'"


@dataclass(frozen=True, slots=True)
class Examination:
    """``names``: what the unit can tell of itself (nothing: it cannot be asked); ``expected``: what it must tell, by
    name; ``clear``: whether the plan wants the trouble codes cleared; ``parameters``: to what the inverter must be set
    up, by address (``bench.sequence.arm.inverter_set_up``)."""

    names: tuple[str, ...] = ()
    expected: Mapping[str, str] = field(default_factory=dict)
    clear: bool = False
    parameters: Mapping[int, int] = field(default_factory=dict)

    @property
    def possible(self) -> bool:
        """Whether the unit can be asked."""
        return bool(self.names)


def complaints(known: Examination, expected: Mapping[str, str], clear: bool) -> Iterator[tuple[tuple[str, ...], str]]:
    """What a plan asks of this unit in vain: the key in the plan and the reason."""
    for name in expected:
        if name not in known.names:
            told = f"it tells {', '.join(known.names)}" if known.possible else _SKIPPED
            yield ("identity", name), f"the unit does not tell {name!r}; {told}"
    if clear and not known.possible:
        yield ("clear_dtcs",), f"trouble codes cannot be cleared: {_SKIPPED}; add it, or leave them"


def examine(examination: Examination) -> Operation[None]:
    """Before arming. Raises ``SequenceFailed`` when the unit is another one, or does not tell who it is."""
    if not examination.possible:
        if examination.expected or examination.clear:
            raise _refused(f"the plan asks for it, and {_SKIPPED}; add it to the DUT file")
        yield Record(EVENT, {"when": "before", "skipped": _SKIPPED})
        return
    try:
        found = yield from _snapshot("before", examination)
        _judge(examination, found["identity"])
        if examination.clear:
            yield Ask(PART, "clear")
            yield Record("dtcs_cleared", {"codes": [dtc["code"] for dtc in found["dtcs"]]})
            yield from _snapshot("cleared", examination)
    except (LinkError, DeviceError) as error:
        raise _refused(f"{error}; check its supply, its bus and the section 'diagnostics' of the DUT file") from None


def examine_after(examination: Examination) -> Operation[None]:
    """After the stop. What goes wrong is journalled, no more."""
    if not examination.possible:
        return
    try:
        yield from _snapshot("after", examination)
    except (LinkError, DeviceError, Stopped) as error:
        yield Record(EVENT, {"when": "after", "problem": str(error)})


def _snapshot(when: str, examination: Examination) -> Operation[Mapping[str, Any]]:
    found: Mapping[str, Any] = yield Ask(PART, "snapshot")
    yield Record(EVENT, {"when": when, **found, "expected": dict(examination.expected)})
    return found


def _judge(examination: Examination, identity: Mapping[str, str]) -> None:
    wrong = [
        f"{name} is {identity.get(name, 'not told')!r}, expected is {expected!r}"
        for name, expected in examination.expected.items()
        if identity.get(name) != expected
    ]
    if wrong:
        remedy = "put the right unit on the bench, or correct what the DUT file or the plan expects"
        raise _refused(f"{'; '.join(wrong)}; {remedy}")


def _refused(text: str) -> SequenceFailed:
    return SequenceFailed(Cause.ARMING_FAILED, (f"arming, identity of the drive unit: {text}",))

"""Step ``uds``: ask the drive unit who it is and what it has to complain of, in the middle of a plan.

The bench is armed meanwhile, and then the core lets pass only what reads (ISO 14229-1: services 0x19, 0x22, 0x3E):
nothing here can disturb the unit under load.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from bench.base.errors import DeviceError, LinkError
from bench.config.diagnostics import Identification, TroubleCode
from bench.config.file_model import FileModel
from bench.config.file_model import Finding as FileFinding
from bench.config.names import Line, PartName
from bench.schedule.requests import Ask, Operation, Record
from bench.sequence.arm.diagnosis import EVENT, PART, complaints
from bench.sequence.context import Context
from bench.sequence.step import Finding
from bench.sequence.verdict import FAILED, StepVerdict

_DATA_MAX = 16


class UdsParameters(FileModel):
    """What is read, and what must be found; everything read goes into the journal."""

    identity: Annotated[dict[PartName, Line], Field(default_factory=dict)]
    """What the unit must tell of itself, by the names of the DUT file; all of these are read in any case."""
    data: Annotated[dict[PartName, Identification], Field(default_factory=dict, max_length=_DATA_MAX)]
    """More data identifiers by a name of your own: `{boot_software: {did: 0xF180, form: text, expected: "1.2"}}`."""
    trouble_codes: Literal["read", "none_active", "none"] = "read"
    """`read`: any; `none_active`: the step fails if one is active now; `none`: or stored."""
    allowed: tuple[TroubleCode, ...] = ()
    """Trouble codes that fail nothing."""
    tester_present: bool = False
    """Tell the unit that a tester is there (it keeps a session that somebody else has opened)."""
    clear: bool = False
    """Refused: a plan clears trouble codes before arming (`clear_dtcs: true`), after they were stored."""

    def rules(self) -> Iterator[FileFinding]:
        if self.allowed and self.trouble_codes == "read":
            yield ("allowed",), "means nothing while any code passes; write 'trouble_codes: none', or take it out"


class Uds:
    """The step kind ``uds``."""

    name = "uds"
    parameters = UdsParameters
    commands = (PART,)

    def check(self, parameters: UdsParameters, context: Context) -> list[Finding]:
        """The unit can be asked for it, and nothing but reading is asked."""
        found = [Finding(path, text) for path, text in complaints(context.examination, parameters.identity, False)]
        if not context.examination.possible and not found:
            found.append(Finding((), "the DUT profile has no section 'diagnostics'; add it, or leave the step out"))
        if parameters.clear:
            text = "the core lets nothing but reading pass while the bench is armed"
            remedy = "write 'clear_dtcs: true' at the head of the plan: they are stored, then cleared, before arming"
            found.append(Finding(("clear",), f"{text}; {remedy}"))
        return found

    def points(self, parameters: UdsParameters, context: Context) -> int:
        """None."""
        return 0

    def estimate_s(self, parameters: UdsParameters, context: Context) -> float:
        """A second for each question, seconds."""
        return 2.0 + len(parameters.data)

    def run(self, parameters: UdsParameters, context: Context) -> Operation[StepVerdict]:
        """Journaled as ``diagnostics``. A unit that does not answer fails the step; the bench stays in hand."""
        try:
            if parameters.tester_present:
                yield Ask(PART, "present")
            snapshot: Mapping[str, Any] = yield Ask(PART, "snapshot", {"expected": dict(parameters.identity)})
            data = {}
            for name, item in parameters.data.items():
                answer: Mapping[str, Any] = yield Ask(
                    PART, "data", {"did": item.did, "expected": item.encoded(item.expected).hex()}
                )
                data[name] = item.shown(bytes.fromhex(answer["data"]))
        except (LinkError, DeviceError) as error:
            yield Record(EVENT, {"when": "step", "problem": str(error)})
            return StepVerdict(FAILED, (f"{error}; check its supply and its bus",))
        reasons = _reasons(parameters, snapshot, data)
        yield Record(EVENT, {"when": "step", **snapshot, "data": data, "reason": "; ".join(reasons)})
        return StepVerdict(FAILED if reasons else "passed", tuple(reasons))


def _reasons(parameters: UdsParameters, snapshot: Mapping[str, Any], data: Mapping[str, str]) -> list[str]:
    identity = snapshot["identity"]
    asked = {**parameters.identity, **{name: item.expected for name, item in parameters.data.items() if item.expected}}
    told = {**identity, **data}
    found = [
        f"{name} is {told.get(name, 'not told')!r}, expected is {expected!r}"
        for name, expected in asked.items()
        if told.get(name) != expected
    ]
    for dtc in snapshot["dtcs"]:
        counts = dtc["active"] or (dtc["stored"] and parameters.trouble_codes == "none")
        if parameters.trouble_codes != "read" and counts and dtc["code"] not in parameters.allowed:
            state = "active" if dtc["active"] else "stored"
            found.append(f"trouble code {dtc['code']} is {state} {dtc['text']}".rstrip())
    return found

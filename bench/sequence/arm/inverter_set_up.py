"""Whether the inverter is set up as the DUT file requires: read back before anything is energised."""

from collections.abc import Mapping
from typing import Any

from bench.base.errors import DeviceError, LinkError
from bench.core.causes import Cause
from bench.schedule.requests import Ask, Operation, Record
from bench.sequence.arm.diagnosis import PART
from bench.sequence.failures import SequenceFailed

EVENT = "inverter_set_up"


def read_back(required: Mapping[int, int]) -> Operation[None]:
    """Journal what the inverter tells of the parameters in ``required`` (values by address).

    Raises ``SequenceFailed`` when one differs, or cannot be read.
    """
    if not required:
        return
    try:
        answer: Mapping[str, Any] = yield Ask(PART, "parameters")
    except (LinkError, DeviceError) as error:
        raise _refused(f"{error}; check its supply and its bus, and what 'inverter' in the DUT file asks for") from None
    found = answer["parameters"]
    yield Record(EVENT, {"parameters": found, "required": {str(key): value for key, value in required.items()}})
    wrong = [
        f"parameter {address} is {found.get(str(address), 'not told')}, required is {value}"
        for address, value in required.items()
        if found.get(str(address)) != value
    ]
    if wrong:
        raise _refused(f"{'; '.join(wrong)}; set the inverter up with its maker's tool, or correct the DUT file")


def _refused(text: str) -> SequenceFailed:
    return SequenceFailed(Cause.ARMING_FAILED, (f"arming, set-up of the inverter: {text}",))

"""One cell of the table fault x state: does it apply, who must notice, and if not, why not."""

from dataclasses import dataclass

from bench.campaign.fault import Fault
from bench.campaign.states import State


@dataclass(frozen=True, slots=True)
class Cell:
    """``reason``: why it does not apply, or why nobody has to notice."""

    applies: bool
    detection_expected: bool
    reason: str = ""


def cell_of(fault: Fault, state: State) -> Cell:
    """What the catalogue says of ``fault`` in ``state``."""
    if fault.only and state.name not in fault.only:
        return Cell(False, False, fault.elsewhere)
    if state.name in fault.never:
        return Cell(False, False, fault.never[state.name])
    if state.name in fault.unnoticed:
        return Cell(True, False, fault.unnoticed[state.name])
    if not fault.expects_detection:
        return Cell(True, False, "nobody has to notice it; it must have no effect")
    if fault.only:
        return Cell(True, True)
    if state.unarmed:
        return Cell(True, False, "nothing is energised: arming refuses, or the core stops as soon as it is armed")
    if state.stopping:
        return Cell(True, False, "the stop is under way already; it must come to its end")
    return Cell(True, True)

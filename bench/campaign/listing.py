"""A fault as plain data, with what is expected of it in each state."""

from typing import Any

from bench.campaign.cell import cell_of
from bench.campaign.fault import Fault
from bench.campaign.states import STATES


def listed(fault: Fault) -> dict[str, Any]:
    """For people and machines; ``states``: by state, whether it applies, who must notice, and the reason if not."""
    return {
        "fault": fault.id,
        "side": fault.side,
        "title": fault.title,
        "detector": fault.detector,
        "budget_ms": fault.budget_ms or None,
        "required": str(fault.required),
        "restartable": fault.restartable,
        "ways": [list(way) for way in fault.ways],
        "judged": str(fault.judged),
        "shown_by": list(fault.shown_by),
        "open": fault.open,
        "states": {
            state.name: {"applies": cell.applies, "detection_expected": cell.detection_expected, "reason": cell.reason}
            for state in STATES.values()
            for cell in (cell_of(fault, state),)
        },
    }

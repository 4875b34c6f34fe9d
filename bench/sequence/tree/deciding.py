"""Asking whether the condition of a ``when`` holds, once: a run that goes on does not ask again."""

from bench.config.plan_nodes import When
from bench.schedule.requests import Operation, Read, Record
from bench.sequence.failures import Failed
from bench.sequence.progress import DECIDED
from bench.sequence.tree.place import Place


def decided(node: When, place: Place) -> Operation[bool]:
    """Whether it holds now; journaled as ``decided``. Raises ``Failed`` where nobody knows: a value that is not good
    decides nothing."""
    channels = tuple(sorted(node.condition.channels))
    readings = (yield Read(channels)) if channels else []
    holds = node.condition.evaluate({reading.channel: reading for reading in readings})
    if holds is None:
        bad = ", ".join(f"{reading.channel} is {reading.quality.name}" for reading in readings if not reading.good)
        raise Failed((f"nobody knows whether {node.condition.text}: {bad}",), at_work=True)
    values = {reading.channel: reading.value if reading.good else None for reading in readings}
    yield Record(DECIDED, {"step": place, "condition": node.condition.text, "holds": bool(holds), "values": values})
    return bool(holds)

"""How samples are stored, and the names behind the core's indices, for the recorder."""

from bench.core.causes import cause_text
from bench.core.design import Design
from bench.layout.can import BenchCan
from bench.record.core_events import Names
from bench.record.mf4_blocks import Column, Group
from drivers.inverters.protocol import FaultWord

_DESCRIPTIONS = {
    "can": "CAN channels and set-points: 10 Hz, 100 Hz around measuring windows",
    "monitors": "what is seen of each CAN message since the start",
}


def record_groups(design: Design, can: BenchCan) -> tuple[Group, ...]:
    """MF4 groups: raw integers with their conversion where the database has one, else what the instrument resolves."""
    return tuple(
        Group(
            group.name,
            tuple(_column(design, can, name) for name in group.channels),
            _DESCRIPTIONS.get(group.name, "at the instrument's own rate"),
        )
        for group in design.groups
    )


def _column(design: Design, can: BenchCan, name: str) -> Column:
    channel = design.channels[name]
    raw = can.raw.get(name)
    if raw is None:
        dtype = "f8" if name.endswith("_cmd") else "f4"  # instruments answer with single precision or fewer digits
        return Column(name, channel.unit.value, dtype, description=channel.description)
    factor, offset, length, signed = raw
    size = next(size for size in (1, 2, 4, 8) if length <= 8 * size)
    kind = "i" if signed else "u"
    if name.endswith("_cmd"):
        return Column(name, channel.unit.value, "f8", description=channel.description)
    return Column(name, channel.unit.value, f"{kind}{size}", factor, offset, channel.description)


def names_of(design: Design, messages: tuple[str, ...], words: tuple[FaultWord, ...]) -> Names:
    """The names behind the indices in the core's events."""

    def cause(code: int) -> tuple[str, str]:
        text = cause_text(code)
        return text.happened, text.remedy

    return Names(
        setpoints=tuple(setpoint.channel for setpoint in design.setpoints),
        limits=tuple(limit.name for limit in design.limits),
        rungs=tuple(rung.name for rung in design.rungs),
        messages=messages,
        cause=cause,
        words=tuple((word.channel, word.faults) for word in words),
    )

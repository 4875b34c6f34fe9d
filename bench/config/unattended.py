"""What a rig allows while nobody is there, and which of its inputs must then be present and quiet."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from bench.base.units import Unit
from bench.config.channels import ALL_NAMES
from bench.config.file_model import FileModel, Finding
from bench.config.limits import ChannelName

_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*\.\.\s*([01]\d|2[0-3]):([0-5]\d)")
_DAY_S = 86_400


class Hours(NamedTuple):
    """A stretch of the day in the bench's local time, seconds after midnight; it may pass midnight."""

    begin_s: int
    end_s: int

    def covers(self, begin_s: float, duration_s: float) -> bool:
        """Whether all of ``duration_s`` lies inside when it begins ``begin_s`` after midnight."""
        length_s = (self.end_s - self.begin_s) % _DAY_S
        return (begin_s - self.begin_s) % _DAY_S + duration_s <= length_s

    def __str__(self) -> str:
        return "..".join(f"{s // 3600:02d}:{s % 3600 // 60:02d}" for s in self)


def _hours(value: Any) -> Any:
    if isinstance(value, Hours):
        return value
    found = _HOURS.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        text = f"{value!r} is no stretch of the day; write local times such as 22:00..06:00"
        raise PydanticCustomError("hours", "{text}", {"text": text})
    at = [int(number) for number in found.groups()]
    hours = Hours(at[0] * 3600 + at[1] * 60, at[2] * 3600 + at[3] * 60)
    if hours.begin_s == hours.end_s:
        text = f"{value!r} is empty; leave 'hours' out where every hour is allowed"
        raise PydanticCustomError("hours", "{text}", {"text": text})
    return hours


class Unattended(FileModel):
    """The presence policy. A rig that says nothing allows nothing: somebody has to be there."""

    allowed: bool = False
    """Whether a run may begin and go on while nobody is there."""
    resume: bool = False
    """Whether a run that was interrupted may be taken up again while nobody is there."""
    hours: Annotated[Hours, BeforeValidator(_hours)] | None = None
    """When, in the bench's local time; the whole run must fit. None: at any hour."""
    guards: tuple[ChannelName, ...] = ()
    """Inputs such as fire or leak: 0 is quiet. They must be told and quiet at arming, and stop the run if they are
    not."""

    def rules(self) -> Iterator[Finding]:
        if not self.allowed:
            for name in ("resume", "hours", "guards"):
                if getattr(self, name):
                    yield (name,), "means nothing without 'allowed: true'; add that, or take this out"
        for i, name in enumerate(self.guards):
            channel = ALL_NAMES.get(name)
            if channel is None or channel.unit is not Unit.ONE or not name.startswith("io.") or name.endswith("_cmd"):
                yield ("guards", i), f"{name!r} is no digital input; name one that the bench I/O tells, such as io.fire"
            elif name in self.guards[:i]:
                yield ("guards", i), f"{name!r} is named twice; take one out"

    def refusal(self, begin_s: float, duration_s: float) -> str:
        """Why nobody may leave a run alone that begins ``begin_s`` after local midnight; "" if it may be left."""
        if not self.allowed:
            return "this rig allows nothing unattended; stay with the run, or set 'allowed: true'"
        if self.hours is not None and not self.hours.covers(begin_s, duration_s):
            hours = f"{duration_s / 3600.0:.1f} h"
            return f"the run would take {hours} and not lie inside {self.hours}; start it later, or shorten it"
        return ""

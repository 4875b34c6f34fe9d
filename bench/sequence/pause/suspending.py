"""Suspends a plan by its own condition, and lets it go on: looked at while the bench is at work, once a second."""

from collections.abc import Callable, Mapping

from bench.base.reading import Reading
from bench.base.time import NS_PER_S
from bench.config.suspend_when import SuspendWhen
from bench.sequence.pause.pauses import RESUME, SUSPEND, Pauses, Wish

LOOK_NS = NS_PER_S
_BY = "condition"
Readings = Mapping[str, Reading]


class Suspending:
    """``read`` gives what the channels have now, or None where it cannot be looked at just now."""

    def __init__(
        self, rule: SuspendWhen, pauses: Pauses, read: Callable[[tuple[str, ...]], Readings | None]
    ) -> None:  # fmt: skip
        self._rule, self._pauses, self._read = rule, pauses, read
        self._channels = tuple(sorted(rule.condition.channels | rule.clear.channels))

    def look(self) -> None:
        """One look. Unknown counts as the condition, and never as clear."""
        if not self._pauses.at_work:
            return
        readings = self._read(self._channels)
        if readings is None:
            return
        wanted = self._pauses.wanted
        if wanted is None and self._rule.condition.evaluate(readings) is not False:
            self._pauses.want(Wish(SUSPEND, _BY, self._told(readings)))
        elif wanted is not None and wanted.by == _BY and self._clear(readings):
            self._pauses.want(Wish(RESUME, _BY))

    def _clear(self, readings: Readings) -> bool:
        rule = self._rule
        return rule.clear.evaluate(readings) is True and rule.condition.evaluate(readings) is False

    def _told(self, readings: Readings) -> str:
        shown = (_shown(name, readings.get(name)) for name in sorted(self._rule.condition.channels))
        return f"{self._rule.condition.text}: {', '.join(shown)}"


def _shown(name: str, reading: Reading | None) -> str:
    if reading is None:
        return f"{name} is not told"
    return f"{name} = {reading.value:g}" if reading.good else f"{name} is {reading.quality.name}"

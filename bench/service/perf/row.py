"""One figure of a benchmark."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PerfRow:
    """One figure: ``value`` in ``unit``, the ``control`` of the same run, their ``ratio``, and what it should reach
    (``at_most``: stay below)."""

    what: str
    value: float
    unit: str
    control: float | None = None
    ratio: float | None = None
    goal: float | None = None
    at_most: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the ratio (or the value, where there is no control) reaches the goal; ``None`` without one."""
        figure = self.value if self.ratio is None else self.ratio
        if self.goal is None:
            return None
        return figure <= self.goal if self.at_most else figure >= self.goal

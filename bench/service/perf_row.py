"""One figure of a benchmark."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PerfRow:
    """One figure: ``value`` in ``unit``, the ``control`` of the same run, their ``ratio``, and what it should reach."""

    what: str
    value: float
    unit: str
    control: float | None = None
    ratio: float | None = None
    goal: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the ratio (or the value, where there is no control) reaches the goal; ``None`` without one."""
        figure = self.value if self.ratio is None else self.ratio
        return None if self.goal is None else figure >= self.goal

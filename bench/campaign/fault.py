"""One fault of the catalogue as data: what goes wrong, who must notice, how soon, and what must then be true."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from bench.campaign.truth_of_plant import Moment
from bench.core.causes import Cause


class Required(StrEnum):
    """What must be true of the plant afterwards."""

    CONTROLLED = "S1"
    """Torque gone, shafts at rest, contactors open, less than 60 V, and nothing energised again."""
    CHAIN = "S0"
    """The same, and the hardware chain is open."""
    FREEZE = "S2"
    """Torque gone, speed held; the controlled stop if it lasts."""
    DATA = "Q"
    """Data are marked and the run goes on; where it lasts, the controlled stop."""
    REFUSED = "refused"
    """What was asked for never reaches a device; the run goes on."""
    NO_EFFECT = "no effect"
    """The run goes on as if nothing had been."""


class Judged(StrEnum):
    """Where a fault is judged."""

    VIRTUAL = "virtual"
    """By this campaign, in virtual time."""
    LOOPBACK = "loopback"
    """By tests with real processes, sockets and signals."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of the catalogue.

    ``ways``: each is one way in which it comes about, a tuple of script lines with ``{}`` for the instant, or names of
    acts (``!operator_stop``); seeds take them in turn. ``causes``: stops that detect it; ``signs``: events of the
    journal, or of ``bench.campaign.signs``, that do, too. ``appears_ms``: how much later than the instant of the script
    the first wrong or missing thing is on the bus or in the plant at the latest; the budget counts from then, or from
    when the plant first ``appears`` so.
    ``discharges`` is false where nobody can be asked for the discharge of the link. ``only``: the states it can come in
    (none: all), ``elsewhere`` says why not in the others; ``never``: states it cannot come in, and why; ``unnoticed``:
    states in which nobody need notice it, and why. ``shown_by``: tests with real processes. ``open``: what is missing,
    so that it is not met yet.
    """

    id: str
    side: str
    title: str
    detector: str
    required: Required
    budget_ms: float = 0.0
    ways: tuple[tuple[str, ...], ...] = ()
    causes: tuple[Cause, ...] = ()
    signs: tuple[str, ...] = ()
    appears_ms: float = 0.0
    appears: Callable[[Moment], bool] | None = None
    restartable: bool = False
    discharges: bool = True
    only: tuple[str, ...] = ()
    elsewhere: str = ""
    never: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    unnoticed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    judged: Judged = Judged.VIRTUAL
    shown_by: tuple[str, ...] = ()
    open: str = ""

    @property
    def expects_detection(self) -> bool:
        """Whether anybody has to notice it at all."""
        return bool(self.causes or self.signs)

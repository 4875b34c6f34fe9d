"""What the bench must know of an inverter's protocol beyond its database: data, one file an inverter.

The bench speaks of intentions: ``dut.state_request`` (off, ready, run), ``dut.torque_cmd``, ``dut.discharge_cmd``; and
of one state, ``dut.state``. Where an inverter has its own words (an enable bit, a lockout, three state machines) they
are channels too, and tables of ``Derived`` translate in both directions, inside the core's cycle.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.base.derived import Derived


@dataclass(frozen=True, slots=True)
class FaultWord:
    """A channel that says what is wrong: each bit its own fault (``bits``), or one number for one fault."""

    channel: str
    texts: Mapping[int, str]
    bits: bool = True

    def faults(self, word: int) -> tuple[str, ...]:
        """What ``word`` says, in plain words; empty when nothing is wrong."""
        if not self.bits:
            return (self.texts.get(word, f"fault {word}"),) if word else ()
        return tuple(self.texts.get(n, f"bit {n}") for n in range(word.bit_length()) if word >> n & 1)


@dataclass(frozen=True, slots=True)
class ParameterMessages:
    """By which messages of its database an inverter tells how it was set up (``drivers.inverters.parameters``), and the
    address of its command time-out."""

    request: str
    answer: str
    command_timeout: int


@dataclass(frozen=True, slots=True)
class InverterProtocol:
    """One kind of inverter.

    ``channels``: rows "name unit meaning" beyond those that every DUT has. ``without``: set-points that this inverter
    cannot follow. ``off``: what must be below one half, told by the inverter itself, before it counts as off (besides
    ``dut.state``). ``signs``: factors between the bench's forward and the inverter's. ``parameters``: how its set-up is
    read back before high voltage.
    """

    name: str
    channels: str = ""
    derived: tuple[Derived, ...] = ()
    words: tuple[FaultWord, ...] = ()
    without: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    signs: Mapping[str, float] = field(default_factory=dict)
    parameters: ParameterMessages | None = None

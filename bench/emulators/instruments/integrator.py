"""Energy integrated by an emulated analyzer, from the powers it shows."""

from collections.abc import Mapping
from typing import Literal

from bench.base.time import NS_PER_S

State = Literal[b"RESet", b"STARt", b"STOP"]

_HOUR_S = 3600.0


class Integrator:
    """By input or unit (``1``, ``SIGMA``), in Wh; and the time in s."""

    def __init__(self) -> None:
        self.state: State = b"RESet"
        self._wh: dict[str, float] = {}
        self._since_ns = self._time_ns = 0

    @property
    def running(self) -> bool:
        """Whether powers count."""
        return self.state == b"STARt"

    def start(self, t_ns: int) -> None:
        """From now on."""
        self.state, self._since_ns = b"STARt", t_ns

    def stop(self) -> None:
        """Keep what there is."""
        self.state = b"STOP"

    def reset(self) -> None:
        """All to zero; does nothing while it runs."""
        if not self.running:
            self.state, self._time_ns = b"RESet", 0
            self._wh.clear()

    def advance(self, powers_w: Mapping[str, float], t_ns: int) -> None:
        """These powers since the last time."""
        seconds = (t_ns - self._since_ns) / NS_PER_S
        for name, power_w in powers_w.items():
            self._wh[name] = self._wh.get(name, 0.0) + power_w * seconds / _HOUR_S
        self._time_ns += t_ns - self._since_ns
        self._since_ns = t_ns

    def shown(self, function: str, name: str) -> float:
        """``WH`` of an input or unit, or ``TIME``."""
        return self._time_ns / NS_PER_S if function == "TIME" else self._wh.get(name, 0.0)

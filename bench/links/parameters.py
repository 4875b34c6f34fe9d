"""Reading back how an inverter was set up, parameter by parameter."""

from collections.abc import Collection, Mapping
from typing import Any

from bench.base.errors import DeviceError, LinkTimeout
from bench.schedule.requests import Operation
from drivers.inverters.parameters import read

_NONE: Mapping[str, Any] = {}
_TRIES = 3  # a frame may be lost, and asking again changes nothing


class ParameterReading:
    """What can be asked of one inverter: ``parameters``, those of ``addresses``."""

    def __init__(self, part: str, addresses: Collection[int]) -> None:
        self._part = part
        self._addresses = tuple(addresses)

    def answer(self, what: str, _arguments: Mapping[str, Any] = _NONE) -> Operation[Mapping[str, Any]]:
        """``parameters``: the values by address (as text, the form in which a journal keeps keys).

        Raises ``LinkTimeout`` where the inverter does not answer, ``DeviceError`` for a parameter that it has not, or a
        question that nobody can answer here.
        """
        if what != "parameters":
            raise DeviceError(f"{self._part}: nobody can answer {what!r} here; ask for parameters")
        found = {}
        for address in self._addresses:
            found[str(address)] = yield from self._read(address)
        return {"parameters": found}

    def _read(self, address: int) -> Operation[int]:
        for _ in range(_TRIES - 1):
            try:
                return (yield from read(self._part, address))
            except LinkTimeout:
                continue
        return (yield from read(self._part, address))

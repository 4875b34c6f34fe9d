"""Diagnosis of the drive unit (UDS): who it is, and what it has to complain of."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from bench.base.errors import DeviceError, LinkError
from bench.base.time import NS_PER_MS, ns
from bench.canbus.isotp import Addressing, Endpoint
from bench.config.diagnostics import Diagnostics
from bench.links.answering import PART
from bench.schedule.requests import Operation, Sleep
from drivers.message_line import MessageLine
from drivers.uds import Dtc, Timing, UdsClient

_DETAILED_MAX = 32
_NONE: Mapping[str, Any] = {}
_CALM = Sleep(1_100 * NS_PER_MS)  # by then a unit that lost a frame of a message has given it up (N_Bs, N_Cr)


class Diagnosis:
    """What can be asked of one unit: ``snapshot``, ``data`` (of one identifier, ``did``), ``present`` and ``clear``."""

    def __init__(self, settings: Diagnostics) -> None:
        endpoint = Endpoint(addressing=Addressing(settings.target_address, settings.source_address))
        timing = Timing(ns(settings.p2), ns(settings.p2_star))
        self._client = UdsClient(PART, MessageLine(PART, endpoint), timing)
        self._settings = settings

    def snapshot(self) -> Operation[Mapping[str, Any]]:
        """``identity``: what the unit tells of itself, by name; ``dtcs``: its trouble codes, with their details."""
        identity = {}
        for name, item in self._settings.identity.items():
            identity[name] = item.shown((yield from self._client.read_data(item.did)))
        found = yield from self._client.read_dtcs()
        dtcs: list[dict[str, Any]] = []
        for dtc in (each for each in found if each.active or each.confirmed):
            details = b"" if len(dtcs) >= _DETAILED_MAX else (yield from self._details(dtc))
            dtcs.append(self._told(dtc, details))
        return {"identity": identity, "dtcs": dtcs}

    def clear(self) -> Operation[Mapping[str, Any]]:
        """Have the unit forget its trouble codes."""
        yield from self._client.clear_dtcs()
        return {}

    def data(self, did: int) -> Operation[Mapping[str, Any]]:
        """``data``: the bytes behind a data identifier, as hex."""
        return {"data": (yield from self._client.read_data(did)).hex().upper()}

    def present(self) -> Operation[Mapping[str, Any]]:
        """Tell the unit that a tester is there, and have it answer."""
        yield from self._client.tester_present()
        return {}

    def answer(self, what: str, arguments: Mapping[str, Any] = _NONE) -> Operation[Mapping[str, Any]]:
        """Answer a question; after a lost frame once more, since asking twice changes nothing. Raises ``DeviceError``
        for a question that nobody can answer here."""
        known: dict[str, Callable[..., Operation[Mapping[str, Any]]]]
        known = {"snapshot": self.snapshot, "clear": self.clear, "data": self.data, "present": self.present}
        if what not in known:
            raise DeviceError(f"{PART}: nobody can answer {what!r} here; ask for {', '.join(known)}")
        asked = {name: value for name, value in arguments.items() if name != "expected"}  # that is for who foresees
        operation = partial(known[what], **asked)
        try:
            return (yield from operation())
        except LinkError:
            yield _CALM
        return (yield from operation())

    def _details(self, dtc: Dtc) -> Operation[bytes]:
        try:
            return (yield from self._client.read_dtc_details(dtc.code))
        except DeviceError:  # not every unit keeps some
            return b""

    def _told(self, dtc: Dtc, details: bytes) -> dict[str, Any]:
        text = self._settings.trouble_codes.get(dtc.name, "")
        told = {"code": dtc.name, "text": text, "status": dtc.status, "details": details.hex().upper()}
        return {**told, "active": dtc.active, "stored": dtc.confirmed}

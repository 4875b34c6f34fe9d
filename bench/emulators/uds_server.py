"""The diagnostic side of an emulated ECU: a UDS server (ISO 14229-1) behind ISO-TP, as one table of services.

A full peer: it knows sessions and their time-out, sub-functions, suppressed answers, and refuses with the code that the
standard asks for. It knows no clock: ``receive`` and ``produce`` are handed the time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from numpy.typing import NDArray

from bench.base.time import NS_PER_MS, NS_PER_S
from bench.canbus.isotp import Endpoint
from bench.canbus.isotp_events import Message
from bench.emulators import dtc_store

DEFAULT, PROGRAMMING, EXTENDED = 1, 2, 3
_ALL = frozenset({DEFAULT, PROGRAMMING, EXTENDED})
_NOT_DEFAULT = frozenset({EXTENDED})

# refusals (ISO 14229-1, A.1)
NOT_SUPPORTED, SUBFUNCTION, LENGTH, BUSY, CONDITIONS, SEQUENCE, RANGE = 0x11, 0x12, 0x13, 0x21, 0x22, 0x24, 0x31
PENDING, SUBFUNCTION_SESSION, SERVICE_SESSION = 0x78, 0x7E, 0x7F

P2_NS, P2_STAR_NS, S3_NS = 50 * NS_PER_MS, 5 * NS_PER_S, 5 * NS_PER_S
_PROMPT_NS = 2 * NS_PER_MS
_BOOT_NS = 500 * NS_PER_MS
_SUPPRESS = 0x80


class Refused(Exception):
    """A negative response."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"0x{code:02X}")


class Service(NamedTuple):
    """``answer(server, request, t_ns)`` gives the data behind the service's number; lengths count the whole request;
    ``subfunctions``: by value the sessions that know it, empty if the service has none."""

    answer: Callable[["UdsServer", bytes, int], bytes]
    least: int
    most: int
    sessions: frozenset[int] = _ALL
    subfunctions: Mapping[int, frozenset[int]] = {}
    takes_ns: int = _PROMPT_NS


@dataclass(frozen=True, slots=True)
class Unit:
    """What the server speaks for: data identifiers, trouble codes (``dtc_store``), routines by identifier with the
    record of their results, and whether the unit is at rest (else it is not restarted)."""

    identifiers: Mapping[int, bytes]
    dtcs: NDArray[Any]
    routines: Mapping[int, bytes] = field(default_factory=dict)
    at_rest: Callable[[], bool] = lambda: True


class UdsServer:
    """One diagnostic connection of an emulated ECU."""

    def __init__(self, unit: Unit, endpoint: Endpoint) -> None:
        self.unit = unit
        self.session = DEFAULT
        self.started: set[int] = set()
        self.boot_ns = 0
        """Until then it restarts and hears nothing."""
        self._endpoint = endpoint
        self._heard_ns = 0
        self._answers: list[tuple[int, bytes]] = []  # when, what; in order

    # --- frames ----------------------------------------------------------------------------------------------------
    def receive(self, data: bytes, t_ns: int) -> None:
        """A frame has arrived."""
        if t_ns < self.boot_ns:
            return
        for event in self._endpoint.receive(data, t_ns):
            if isinstance(event, Message):
                self._request(event.payload, t_ns)

    def next_ns(self) -> int | None:
        """When ``produce`` has something to do."""
        ready = self._answers and not self._endpoint.sending  # else the next answer waits for the end of this one
        times = [self._endpoint.due_ns(), self._answers[0][0] if ready else None]
        return min((t_ns for t_ns in times if t_ns is not None), default=None)

    def produce(self, t_ns: int) -> list[bytes]:
        """The frames that leave by ``t_ns``."""
        endpoint, frames = self._endpoint, []
        while (due_ns := self.next_ns()) is not None and due_ns <= t_ns:
            endpoint.advance(t_ns)
            if self._answers and self._answers[0][0] <= t_ns and not endpoint.sending:
                endpoint.send(self._answers.pop(0)[1], t_ns)
            frames += endpoint.frames(t_ns)
            endpoint.sent(t_ns)
        return frames

    # --- requests --------------------------------------------------------------------------------------------------
    def _request(self, request: bytes, t_ns: int) -> None:
        if t_ns - self._heard_ns > S3_NS:
            self.session = DEFAULT
        self._heard_ns = t_ns
        number = request[0]
        if self._answers or self._endpoint.sending:
            self._answers.append((t_ns + _PROMPT_NS, bytes([0x7F, number, BUSY])))
            return
        takes_ns = SERVICES[number].takes_ns if number in SERVICES else _PROMPT_NS
        answer: bytes | None
        try:
            answer = self._judged(request, t_ns)
        except Refused as refusal:
            answer, takes_ns = bytes([0x7F, number, refusal.code]), _PROMPT_NS
        else:
            answer = None if answer is None else bytes([number + 0x40]) + answer
        late_ns = t_ns + P2_NS - _PROMPT_NS
        while late_ns < t_ns + takes_ns:
            self._answers.append((late_ns, bytes([0x7F, number, PENDING])))
            late_ns += P2_STAR_NS // 2
        if answer is not None:
            self._answers.append((t_ns + takes_ns, answer))

    def _judged(self, request: bytes, t_ns: int) -> bytes | None:
        """In the order of ISO 14229-1, 8.7: service, session, length, sub-function, then the service's own. ``None``:
        the tester wants no positive answer."""
        service = SERVICES.get(request[0])
        if service is None:
            raise Refused(NOT_SUPPORTED)
        if self.session not in service.sessions:
            raise Refused(SERVICE_SESSION)
        if not service.subfunctions:
            if not service.least <= len(request) <= service.most:
                raise Refused(LENGTH)
            return service.answer(self, request, t_ns)
        if len(request) < 2:
            raise Refused(LENGTH)
        sessions = service.subfunctions.get(request[1] & ~_SUPPRESS)
        if sessions is None:
            raise Refused(SUBFUNCTION)
        if self.session not in sessions:
            raise Refused(SUBFUNCTION_SESSION)
        if not service.least <= len(request) <= service.most:
            raise Refused(LENGTH)
        plain = bytes([request[0], request[1] & ~_SUPPRESS]) + request[2:]
        answer = service.answer(self, plain, t_ns)
        return None if request[1] & _SUPPRESS else answer


# --- services ------------------------------------------------------------------------------------------------------
def _session(server: UdsServer, request: bytes, _t_ns: int) -> bytes:
    server.session = request[1]
    p2, p2_star = P2_NS // NS_PER_MS, P2_STAR_NS // (10 * NS_PER_MS)
    return request[1:] + p2.to_bytes(2, "big") + p2_star.to_bytes(2, "big")


def _reset(server: UdsServer, request: bytes, t_ns: int) -> bytes:
    if not server.unit.at_rest():
        raise Refused(CONDITIONS)
    server.session, server.boot_ns = DEFAULT, t_ns + _BOOT_NS
    server.started.clear()
    return request[1:]


def _clear(server: UdsServer, request: bytes, _t_ns: int) -> bytes:
    if request[1:] != b"\xff\xff\xff":
        raise Refused(RANGE)
    dtc_store.clear(server.unit.dtcs)
    return b""


def _read_dtcs(server: UdsServer, request: bytes, _t_ns: int) -> bytes:
    if request[1] == 0x06:
        return _details(server, request)
    if len(request) != 3:
        raise Refused(LENGTH)
    mask = request[2] & dtc_store.AVAILABLE
    rows = [row for row in server.unit.dtcs if int(row["status"]) & mask]
    if request[1] == 0x01:
        return bytes([0x01, dtc_store.AVAILABLE, 0x01]) + len(rows).to_bytes(2, "big")
    return bytes([0x02, dtc_store.AVAILABLE]) + b"".join(_code(row) for row in rows)


def _details(server: UdsServer, request: bytes) -> bytes:
    """Extended data record 01: how often it came."""
    if len(request) != 6:
        raise Refused(LENGTH)
    rows = [row for row in server.unit.dtcs if int(row["code"]) == int.from_bytes(request[2:5], "big")]
    if not rows or request[5] not in (0x01, 0xFE, 0xFF):
        raise Refused(RANGE)
    return b"\x06" + _code(rows[0]) + bytes([0x01, int(rows[0]["count"])])


def _code(row: Any) -> bytes:
    return int(row["code"]).to_bytes(3, "big") + bytes([int(row["status"])])


def _read_data(server: UdsServer, request: bytes, _t_ns: int) -> bytes:
    """Those it does not have are left out; if it has none of them, it refuses."""
    if len(request) % 2 == 0:
        raise Refused(LENGTH)
    wanted = [int.from_bytes(request[i : i + 2], "big") for i in range(1, len(request), 2)]
    known = server.unit.identifiers
    found = b"".join(number.to_bytes(2, "big") + known[number] for number in wanted if number in known)
    if not found:
        raise Refused(RANGE)
    return found


def _routine(server: UdsServer, request: bytes, _t_ns: int) -> bytes:
    control, number = request[1], int.from_bytes(request[2:4], "big")
    if number not in server.unit.routines:
        raise Refused(RANGE)
    if control == 0x01:
        if not server.unit.at_rest():
            raise Refused(CONDITIONS)
        server.started.add(number)
        return request[1:4]
    if number not in server.started:
        raise Refused(SEQUENCE)
    if control == 0x02:
        server.started.discard(number)
        return request[1:4]
    return request[1:4] + server.unit.routines[number]


def _present(_server: UdsServer, request: bytes, _t_ns: int) -> bytes:
    return request[1:]


SERVICES: Mapping[int, Service] = {
    0x10: Service(_session, 2, 2, subfunctions={DEFAULT: _ALL, EXTENDED: _ALL}),
    0x11: Service(_reset, 2, 2, subfunctions={1: _NOT_DEFAULT, 3: _NOT_DEFAULT}),
    0x14: Service(_clear, 4, 4, takes_ns=200 * NS_PER_MS),
    0x19: Service(_read_dtcs, 3, 6, subfunctions={0x01: _ALL, 0x02: _ALL, 0x06: _ALL}),
    0x22: Service(_read_data, 3, 41),
    0x31: Service(_routine, 4, 64, sessions=_NOT_DEFAULT, subfunctions=dict.fromkeys((1, 2, 3), _NOT_DEFAULT)),
    0x3E: Service(_present, 2, 2, subfunctions={0: _ALL}),
}

"""A UDS client (ISO 14229-1) as operations: it knows messages, time-outs and answers, but no clock, thread or socket.

udsoncan makes and reads the services' bytes; its own client, which sleeps and threads, is not used. Time-outs are those
of ISO 14229-2: an answer must begin within P2, after "response pending" (0x78) within P2*; what a session tells of both
counts from then on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from udsoncan import DidCodec
from udsoncan.exceptions import ConfigError, InvalidResponseException, UnexpectedResponseException
from udsoncan.Request import Request
from udsoncan.Response import Response
from udsoncan.services.ClearDiagnosticInformation import ClearDiagnosticInformation
from udsoncan.services.DiagnosticSessionControl import DiagnosticSessionControl
from udsoncan.services.ECUReset import ECUReset
from udsoncan.services.ReadDataByIdentifier import ReadDataByIdentifier
from udsoncan.services.ReadDTCInformation import ReadDTCInformation
from udsoncan.services.RoutineControl import RoutineControl
from udsoncan.services.TesterPresent import TesterPresent

from bench.base.errors import DeviceError, LinkTimeout
from bench.base.time import NS_PER_MS, NS_PER_S
from bench.schedule.requests import Now, Operation, Sleep
from drivers.message_line import MessageLine

DEFAULT_SESSION, EXTENDED_SESSION = 1, 3
HARD_RESET = 1
ALL_DTCS = 0xFF_FF_FF

_BUSY_REPEAT, _PENDING = 0x21, 0x78
_START, _STOP, _RESULTS = 1, 2, 3
_BY_MASK, _DETAILS = 0x02, 0x06
_ALL_STATUS = 0xFF
_NOW = Now()


class NegativeResponse(DeviceError):
    """The unit refused a service: ``service`` and ``code`` as in ISO 14229-1, annex A.1."""

    def __init__(self, part: str, service: int, code: int, name: str) -> None:
        self.service = service
        self.code = code
        super().__init__(f"{part}: service 0x{service:02X} was refused with 0x{code:02X} ({name})")


@dataclass(frozen=True, slots=True)
class Timing:
    """``p2_ns``, ``p2_star_ns``: the unit's (until it tells others); ``way_ns``: added for both ways through core and
    wire; ``pending_max``, ``busy_max``: how often it may say "pending" or "busy" for one question; ``busy_ns``: before
    it is asked again; ``present_ns``: between two "tester present", well below S3 (5 s)."""

    p2_ns: int = 50 * NS_PER_MS
    p2_star_ns: int = 5 * NS_PER_S
    way_ns: int = 150 * NS_PER_MS
    pending_max: int = 100
    busy_max: int = 10
    busy_ns: int = 50 * NS_PER_MS
    present_ns: int = 2 * NS_PER_S


@dataclass(frozen=True, slots=True)
class Dtc:
    """A trouble code (3 bytes) and its status byte (ISO 14229-1, D.2)."""

    code: int
    status: int

    @property
    def name(self) -> str:
        """As SAE J2012 writes it: ``U0100-87``."""
        first = self.code >> 16
        return f"{'PCBU'[first >> 6]}{first >> 4 & 3}{first & 0xF:X}{self.code >> 8 & 0xFF:02X}-{self.code & 0xFF:02X}"

    @property
    def active(self) -> bool:
        """Whether the fault is there now (testFailed)."""
        return bool(self.status & 0x01)

    @property
    def confirmed(self) -> bool:
        """Whether it is stored (confirmedDTC)."""
        return bool(self.status & 0x08)


class _Rest(DidCodec):
    """All bytes of a data identifier, as they are."""

    def encode(self, *value: Any) -> bytes:
        return bytes(value[0])

    def decode(self, payload: bytes) -> bytes:
        return payload

    def __len__(self) -> int:
        raise DidCodec.ReadAllRemainingData


class UdsClient:
    """Asks one unit. Every operation raises ``LinkTimeout`` (no answer), ``LinkError`` (the way there),
    ``NegativeResponse`` (refused) or ``DeviceError`` (an answer that cannot be right)."""

    def __init__(self, part: str, line: MessageLine, timing: Timing | None = None) -> None:
        self.part = part
        self.session = DEFAULT_SESSION
        self._line = line
        self._timing = timing or Timing()
        self._p2_ns, self._p2_star_ns = self._timing.p2_ns, self._timing.p2_star_ns

    # --- services --------------------------------------------------------------------------------------------------
    def change_session(self, session: int) -> Operation[None]:
        """Open a session; a unit leaves any but the default one after 5 s of silence (``keep_alive``)."""
        request = DiagnosticSessionControl.make_request(session)
        data = yield from self._ask(request, lambda r: DiagnosticSessionControl.interpret_response(r).service_data)
        self._check_echo("session", session, data.session_echo)
        self.session = session
        self._p2_ns = round(data.p2_server_max * NS_PER_S)
        self._p2_star_ns = round(data.p2_star_server_max * NS_PER_S)

    def tester_present(self, answered: bool = True) -> Operation[None]:
        """Keep the session; not ``answered``: nothing comes back, not even a refusal."""
        request = TesterPresent.make_request()
        if answered:
            yield from self._ask(request, TesterPresent.interpret_response)
        else:
            yield from self._line.send(request.get_payload(suppress_positive_response=True))

    def keep_alive(self, duration_ns: int) -> Operation[None]:
        """Wait, and keep the session meanwhile."""
        until_ns = (yield _NOW) + duration_ns
        while (left_ns := until_ns - (yield _NOW)) > 0:
            if self.session != DEFAULT_SESSION:
                yield from self.tester_present(answered=False)
            yield Sleep(min(left_ns, self._timing.present_ns))

    def read_data(self, identifier: int) -> Operation[bytes]:
        """The bytes behind a data identifier (0xF18C: serial number)."""
        codecs: dict[int | str, str | DidCodec | type[DidCodec]] = {identifier: _Rest}

        def interpret(response: Response) -> bytes:
            told = ReadDataByIdentifier.interpret_response(response, [identifier], codecs, tolerate_zero_padding=False)
            value: bytes = told.service_data.values[identifier]
            return value

        got: bytes = yield from self._ask(ReadDataByIdentifier.make_request([identifier], codecs), interpret)
        return got

    def read_dtcs(self, mask: int = _ALL_STATUS) -> Operation[tuple[Dtc, ...]]:
        """The trouble codes whose status has a bit of ``mask`` (0x19 02), in the unit's order."""
        request = ReadDTCInformation.make_request(_BY_MASK, status_mask=mask)

        def interpret(response: Response) -> Any:
            return ReadDTCInformation.interpret_response(response, _BY_MASK, tolerate_zero_padding=False).service_data

        data = yield from self._ask(request, interpret)
        self._check_echo("report", _BY_MASK, data.subfunction_echo)
        return tuple(Dtc(found.id, found.status.get_byte_as_int()) for found in data.dtcs)

    def read_dtc_details(self, code: int, record: int = 0xFF) -> Operation[bytes]:
        """The extended data records of a trouble code (0x19 06), 0xFF: all. Their layout is the maker's."""
        request = ReadDTCInformation.make_request(_DETAILS, dtc=code, extended_data_record_number=record)
        data: bytes = yield from self._ask(request, lambda response: response.data)
        if data[:4] != bytes([_DETAILS]) + code.to_bytes(3, "big") or len(data) < 5:
            raise DeviceError(f"{self.part}: {data.hex(' ')} are no details of the trouble code {code:06X}")
        return data[5:]

    def clear_dtcs(self, group: int = ALL_DTCS) -> Operation[None]:
        """Forget trouble codes. Who clears has stored them before."""
        request = ClearDiagnosticInformation.make_request(group)
        yield from self._ask(request, ClearDiagnosticInformation.interpret_response)

    def reset(self, kind: int = HARD_RESET) -> Operation[None]:
        """Restart the unit. The core lets this pass only while the bench is neither armed nor stopping."""
        request = ECUReset.make_request(kind)
        data = yield from self._ask(request, lambda r: ECUReset.interpret_response(r).service_data)
        self._check_echo("reset", kind, data.reset_type_echo)
        self.session = DEFAULT_SESSION

    def start_routine(self, identifier: int, option: bytes = b"") -> Operation[bytes]:
        """Start a routine of the unit; its status record."""
        return (yield from self._routine(identifier, _START, option))

    def stop_routine(self, identifier: int) -> Operation[bytes]:
        """Stop it; its status record."""
        return (yield from self._routine(identifier, _STOP, b""))

    def routine_results(self, identifier: int) -> Operation[bytes]:
        """What it has found; its status record."""
        return (yield from self._routine(identifier, _RESULTS, b""))

    def _routine(self, identifier: int, control: int, option: bytes) -> Operation[bytes]:
        request = RoutineControl.make_request(identifier, control, option or None)
        data = yield from self._ask(request, lambda r: RoutineControl.interpret_response(r).service_data)
        self._check_echo("routine", (control, identifier), (data.control_type_echo, data.routine_id_echo))
        return bytes(data.routine_status_record or b"")

    # --- question and answer ---------------------------------------------------------------------------------------
    def _ask(self, request: Request, interpret: Callable[[Response], Any]) -> Operation[Any]:
        """What ``interpret`` makes of the positive answer."""
        response = yield from self._answer(request)
        try:
            return interpret(response)
        except (InvalidResponseException, UnexpectedResponseException, ConfigError, ValueError, IndexError) as error:
            got = (response.original_payload or b"").hex(" ")
            raise DeviceError(f"{self.part}: answer {got} is wrong: {error}") from None

    def _answer(self, request: Request) -> Operation[Response]:
        payload = request.get_payload()
        service = payload[0]
        for _ in range(self._timing.busy_max + 1):
            yield from self._line.clear()
            yield from self._line.send(payload)
            response = yield from self._response(service)
            if response.positive:
                return response
            if response.code != _BUSY_REPEAT:
                raise NegativeResponse(self.part, service, int(response.code or 0), response.code_name)
            yield Sleep(self._timing.busy_ns)
        raise NegativeResponse(self.part, service, _BUSY_REPEAT, f"busy, asked {self._timing.busy_max + 1} times")

    def _response(self, service: int) -> Operation[Response]:
        """The final answer to ``service``. What answers another service is late, and passed over."""
        by_ns = (yield _NOW) + self._p2_ns + self._timing.way_ns
        pending = 0
        while True:
            payload = yield from self._line.receive(by_ns)
            if payload[0] != service + 0x40 and payload[:2] != bytes([0x7F, service]):
                continue
            response = Response.from_payload(payload)
            if not response.valid:
                raise DeviceError(f"{self.part}: answer {payload.hex(' ')} is wrong: {response.invalid_reason}")
            if response.positive or response.code != _PENDING:
                return response
            pending += 1
            if pending > self._timing.pending_max:
                raise LinkTimeout(f"{self.part}: service 0x{service:02X} is pending without end")
            by_ns = (yield _NOW) + self._p2_star_ns + self._timing.way_ns

    def _check_echo(self, what: str, wanted: Any, got: Any) -> None:
        if wanted != got:
            raise DeviceError(f"{self.part}: {what} {got} is answered, asked was {wanted}")

"""The instrument's end of one connection: bytes in, bytes out at their time. No socket, no clock."""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import ClassVar

from bench.base.time import NS_PER_MS
from bench.emulators.instruments.answers import Prepared
from bench.emulators.instruments.faults import MESSAGE_FAULTS, STATE_FAULTS, Fault, FaultKind, FaultScript

INPUT_MAX = 65_536
_PORTIONS = 4  # of a split answer
_ENDLESS = b"0" * 4096  # a millisecond of an answer without end
Payload = bytes | Callable[[int], bytes]
"""What goes out: bytes, or what makes them at their time."""


class Peer:
    """Base of the emulators. A subclass implements ``handle(message, t_ns)`` and answers by ``reply``.

    The owner of the connection calls ``opened`` for each fresh connection (or ``receive(b"")`` when the client has
    gone), ``receive`` for what arrives, and ``produce`` when ``next_ns`` has come. Faults of the wire are carried out
    here; what befalls the device itself (``DEVICE_FAULTS`` among ``known_faults``) the subclass does in ``befall``.
    """

    known_faults: ClassVar[tuple[FaultKind, ...]] = (*MESSAGE_FAULTS, *STATE_FAULTS)

    def __init__(self, end: bytes, faults: FaultScript | None = None, idle_close_ns: int = 0) -> None:
        self._end = end
        self._input = b""
        self._due: deque[tuple[int, Payload]] = deque()
        self._closed = False
        self._last_ns = -1
        self._idle_close_ns = idle_close_ns
        self.faults = faults or FaultScript()
        self._scripted = bool(self.faults)
        self._ahead = deque(self.faults.of_device())
        if strange := {fault.kind for fault in self._ahead} - set(self.known_faults):
            raise ValueError(f"{type(self).__name__} cannot do {', '.join(sorted(strange))}")
        self._may_close = self._scripted or idle_close_ns > 0
        self.garbage = b"?\x15" + end
        """What comes in place of an answer when a script wants it so."""
        self.unknown = 0
        """How many messages the instrument did not understand."""

    def handle(self, message: bytes, t_ns: int) -> None:
        """Obey one complete message, its end included."""
        raise AssertionError("a subclass handles its messages")

    def befall(self, kind: FaultKind, t_ns: int) -> None:
        """A fault of the device itself begins."""
        raise AssertionError("an emulator with faults of its own carries them out")

    def whole(self, data: bytes) -> bool:
        """Whether ``data`` is one message and nothing else."""
        return data.find(self._end) == len(data) - 1

    def cut(self, data: bytes) -> tuple[list[bytes], bytes]:
        """The messages in ``data``, and the beginning of the next one."""
        *messages, rest = data.split(self._end)
        return [message + self._end for message in messages], rest

    def opened(self, t_ns: int) -> None:
        """A fresh connection, with nothing of the last one in the pipes; ``closed`` tells whether it is refused."""
        self._input = b""
        self._due.clear()
        self._last_ns = -1  # idle time counts from the first byte
        self.suffer(t_ns)
        self._closed = self._scripted and self._unreachable(t_ns)

    def closed(self) -> bool:
        """Whether the instrument has closed the connection."""
        return self._closed

    def receive(self, data: bytes, t_ns: int) -> None:
        """Bytes from the wire, in any portions; none: the client has gone."""
        if not data:
            self.opened(t_ns)
        if not data or (self._may_close and self._must_close(t_ns)):
            return
        self._last_ns = t_ns
        if self._input or not self.whole(data):
            self._receive_portions(data, t_ns)
        elif self._scripted:
            self._serve(data, t_ns)
        else:
            self.handle(data, t_ns)

    def prepared(self, message: bytes) -> Prepared | None:
        """See ``Preparing``: as long as no fault is scripted."""
        return None if self._scripted or self._closed or self._due or self._input else self._prepare(message)

    def _prepare(self, message: bytes) -> Prepared | None:
        """The answer of an instrument in good health; a subclass knows what it answers all day."""
        return None

    def heard(self, t_ns: int) -> None:
        """See ``Preparing``."""
        self._last_ns = t_ns

    def next_ns(self) -> int | None:
        """When the next bytes go out, or ``None``."""
        return self._due[0][0] if self._due else None

    def produce(self, t_ns: int) -> bytes:
        """All bytes whose time has come."""
        due = self._due
        if (self._may_close and self._must_close(t_ns)) or not due or due[0][0] > t_ns:
            return b""
        at_ns, payload = due.popleft()
        out = payload if isinstance(payload, bytes) else payload(at_ns)
        while due and due[0][0] <= t_ns:
            at_ns, payload = due.popleft()
            out += _made(payload, at_ns)
        return out

    def reply(self, at_ns: int, payload: Payload, t_ns: int) -> None:
        """Answer at ``at_ns``, never before an earlier answer; the faults in force at ``t_ns`` are applied."""
        if self._due and self._due[-1][0] > at_ns:
            at_ns = self._due[-1][0]
        if self._scripted:
            self._reply_faulty(at_ns, payload, t_ns)
        else:
            self._due.append((at_ns, payload))

    # --- faults ----------------------------------------------------------------------------------------------------

    def fault_ns(self) -> int | None:
        """When the next fault of the device itself begins, or ``None``."""
        return self._ahead[0].start_ns if self._ahead else None

    def suffer(self, t_ns: int) -> None:
        """Let befall the device what has begun by ``t_ns``."""
        while self._ahead and self._ahead[0].start_ns <= t_ns:
            fault = self._ahead.popleft()
            if fault.kind == "restart":
                self._input, self._closed = b"", True
                self._due.clear()
            self.befall(fault.kind, t_ns)

    def _reply_faulty(self, at_ns: int, payload: Payload, t_ns: int) -> None:
        script = self.faults
        if script.strikes("silence", t_ns):
            return
        if script.strikes("garbage", t_ns):
            payload = self.garbage
        if late := script.strikes("late", t_ns):
            at_ns += late.delay_ns
        if torn := script.strikes("partial", t_ns) or script.strikes("split", t_ns):
            self._tear(torn, at_ns, payload)
        elif endless := script.strikes("endless", t_ns):
            self._due.append((at_ns, _made(payload, at_ns).removesuffix(self._end)))
            self._due.append((at_ns, partial(self._go_on, endless)))
        else:
            self._due.append((at_ns, payload))

    def _tear(self, fault: Fault, at_ns: int, payload: Payload) -> None:
        """Part of it in time; of a ``partial`` one without a delay nothing more."""
        whole = _made(payload, at_ns)
        size = -(-len(whole) // (_PORTIONS if fault.kind == "split" else 2)) or 1
        portions = [whole[at : at + size] for at in range(0, len(whole), size)]
        for number, portion in enumerate(portions if fault.delay_ns else portions[:1]):
            self._due.append((at_ns + number * fault.delay_ns, portion))

    def _go_on(self, fault: Fault, at_ns: int) -> bytes:
        if at_ns < fault.end_ns:
            self._due.append((at_ns + NS_PER_MS, partial(self._go_on, fault)))
        return _ENDLESS

    def _serve(self, message: bytes, t_ns: int) -> None:
        """Obey ``message``; an instrument of a certain kind sends an empty line where there is nothing to say."""
        waiting = len(self._due)
        self.handle(message, t_ns)
        if len(self._due) == waiting and self.faults.strikes("bare_lf", t_ns):
            self._due.append((t_ns, b"\n"))

    def _unreachable(self, t_ns: int) -> bool:
        return any(self.faults.active(kind, t_ns) for kind in ("close", "restart"))

    def _must_close(self, t_ns: int) -> bool:
        if self._idle_close_ns and 0 <= self._last_ns < t_ns - self._idle_close_ns:
            self._closed = True
        if self._scripted:
            self.suffer(t_ns)
            self._closed = self._closed or self._unreachable(t_ns)
        return self._closed

    def _receive_portions(self, data: bytes, t_ns: int) -> None:
        messages, self._input = self.cut(self._input + data)
        if len(self._input) > INPUT_MAX:
            self._input = b""
            self.unknown += 1
        obey = self._serve if self._scripted else self.handle
        for message in messages:
            obey(message, t_ns)


def _made(payload: Payload, at_ns: int) -> bytes:
    return payload if isinstance(payload, bytes) else payload(at_ns)

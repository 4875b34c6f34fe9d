"""Two ISO-TP endpoints on a wire that takes no time, with virtual time; and can-isotp as one of them."""

from collections import deque
from typing import Any

import isotp

from bench.canbus.isotp import Addressing, Endpoint
from bench.canbus.isotp_events import Event, Failed, Message
from bench.canbus.isotp_settings import Settings


class Wire:
    """Ours on both sides."""

    def __init__(self, a: Endpoint, b: Endpoint) -> None:
        self.sides, self.t_ns = (a, b), 0
        self.events: dict[Endpoint, list[Event]] = {a: [], b: []}
        self.frames: list[tuple[int, int, bytes]] = []  # time, side, data
        self.lose: set[int] = set()  # numbers of frames that do not arrive

    def run(self, until_ns: int) -> None:
        """Until nothing is under way, or ``until_ns``."""
        flying: deque[tuple[Endpoint, bytes]] = deque()
        while True:
            for number, side in enumerate(self.sides):
                for data in side.frames(self.t_ns):
                    if len(self.frames) not in self.lose:
                        flying.append((self.sides[1 - number], data))
                    self.frames.append((self.t_ns, number, data))
                self.events[side] += side.sent(self.t_ns)
            if flying:
                to, data = flying.popleft()
                self.events[to] += to.receive(data, self.t_ns)
                continue
            due = [due_ns for side in self.sides if (due_ns := side.due_ns()) is not None]
            if min(due, default=until_ns) >= until_ns:
                return
            self.t_ns = max(self.t_ns, min(due))
            for side in self.sides:
                self.events[side] += side.advance(self.t_ns)

    def messages(self, side: int) -> list[bytes]:
        """What has arrived at a side."""
        return [event.payload for event in self.events[self.sides[side]] if isinstance(event, Message)]

    def failures(self, side: int) -> list[str]:
        """The results of what failed there."""
        return [event.result.value for event in self.events[self.sides[side]] if isinstance(event, Failed)]


class Oracle:
    """can-isotp on the other side of one of our endpoints."""

    def __init__(self, settings: Settings, addressing: Addressing, **params: Any) -> None:
        self.ours = Endpoint(settings, addressing)
        self._to_oracle: deque[bytes] = deque()
        self._to_us: deque[bytes] = deque()
        if addressing.target is None:
            address = isotp.Address(isotp.AddressingMode.Normal_11bits, rxid=0x7E0, txid=0x7E8)
        else:
            mode, source, target = isotp.AddressingMode.Extended_11bits, addressing.target, addressing.source
            address = isotp.Address(mode, rxid=0x7E0, txid=0x7E8, source_address=source, target_address=target)
        self.errors: list[Exception] = []
        given = {"tx_padding": settings.padding, "tx_data_length": settings.frame_bytes, "can_fd": settings.fd,
                 "max_frame_size": 100_000, "wftmax": 0, **params}  # fmt: skip
        self._layer = isotp.TransportLayerLogic(
            self._receive, lambda message: self._to_us.append(bytes(message.data)), address, self.errors.append, given
        )

    def _receive(self, _timeout: float) -> isotp.CanMessage | None:
        return isotp.CanMessage(arbitration_id=0x7E0, data=self._to_oracle.popleft()) if self._to_oracle else None

    def exchange(self, to_oracle: bytes, to_us: bytes) -> tuple[bytes, list[Event]]:
        """Both messages cross at once; what the oracle has received, and our events."""
        events: list[Event] = []
        self.ours.send(to_oracle, 0)
        self._layer.send(to_us)
        t_ns, quiet = 0, 0
        while quiet < 3:
            t_ns += 1_000_000
            events += self.ours.advance(t_ns)
            frames = self.ours.frames(t_ns)
            self._to_oracle.extend(frames)
            events += self.ours.sent(t_ns)
            self._layer.process()
            quiet = 0 if frames or self._to_us else quiet + 1
            while self._to_us:
                events += self.ours.receive(self._to_us.popleft(), t_ns)
        return bytes(self._layer.recv() or b""), events

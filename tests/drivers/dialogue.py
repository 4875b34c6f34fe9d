"""Dialogue tables as tests: (what the driver must send, what the instrument answers), typed from manuals."""

from collections.abc import Generator, Sequence
from typing import Any

from bench.schedule.requests import Exchange, Now, Reopen, Sleep, SleepUntil

Pair = tuple[bytes, bytes | type[Exception]]


def run(operation: Generator[Any, Any, Any], dialogue: Sequence[Pair], now_ns: int = 1_000_000_000) -> Any:
    """The operation's result; every pair must be used, in order. An exception class is thrown in place of an answer."""
    left = list(dialogue)
    send: Any = None
    error: Exception | None = None
    while True:
        try:
            request = operation.send(send) if error is None else operation.throw(error)
        except StopIteration as stop:
            assert not left, f"never sent: {left}"
            return stop.value
        send, error = None, None
        match request:
            case Now():
                send = now_ns
            case Sleep() | SleepUntil():
                pass  # the pace that the device asks for
            case Reopen():
                assert left, "reopened beyond the dialogue"
                assert left.pop(0)[0] == b"<reopen>"
            case Exchange():
                assert left, f"sent beyond the dialogue: {request.data!r}"
                expected, answer = left.pop(0)
                assert request.data == expected
                if isinstance(answer, bytes):
                    assert bool(answer) == bool(request.reply), request
                    send = answer
                else:
                    error = answer("scripted")
            case _:
                raise AssertionError(f"unexpected request {request}")


REOPEN: Pair = (b"<reopen>", b"")

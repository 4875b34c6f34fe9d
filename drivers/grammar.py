"""What a driver raises when an answer does not have the form the manual gives it."""

from bench.base.errors import DeviceError

_SHOWN = 80


class GrammarError(DeviceError):
    """The answer has the wrong form, so it may belong to another question: the session is poisoned (F-38, F-44)."""

    def __init__(self, expected: str, got: bytes) -> None:
        tail = "..." if len(got) > _SHOWN else ""
        super().__init__(f"expected {expected}, got {got[:_SHOWN]!r}{tail}; the connection is opened afresh")

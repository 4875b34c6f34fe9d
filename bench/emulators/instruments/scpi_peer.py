"""A peer that speaks SCPI: resolves messages, keeps the error queue, joins answers."""

from collections import deque
from functools import partial

from bench.emulators.instruments.faults import FaultScript
from bench.emulators.instruments.peer import Peer
from bench.emulators.instruments.scpi_tree import Action, Row, ScpiError, ScpiTree


class ScpiPeer(Peer):
    """``hold_ns`` may be set by a command (WAIT): the rest of the message runs at that time."""

    error_unknown = (-113, "Undefined header")
    errors_max = 16

    def __init__(
        self, rows: tuple[Row, ...], delay_ns: int, faults: FaultScript | None = None, idle_close_ns: int = 0
    ) -> None:
        super().__init__(b"\n", faults, idle_close_ns)
        self._tree = ScpiTree(rows)
        self._delay_ns = delay_ns
        self._hold_ns = -1
        self.errors: deque[tuple[int, str]] = deque(maxlen=self.errors_max)

    def hold(self, until_ns: int) -> None:
        """The rest of the message in work waits until then."""
        self._hold_ns = until_ns

    def handle(self, message: bytes, t_ns: int) -> None:
        """Obey a message; its answers, joined by semicolons, go out together."""
        actions = self._tree.resolve(message)
        self._hold_ns = -1
        answers: list[bytes] = []
        for i, action in enumerate(actions):
            answer = self._obey(action, t_ns)
            if answer is not None:
                answers.append(answer)
            if self._hold_ns >= 0 and i + 1 < len(actions):
                self.reply(self._hold_ns, partial(self._finish, answers, actions[i + 1 :]), t_ns)
                return
        if answers:
            self.reply(max(t_ns + self._delay_ns, self._hold_ns), b";".join(answers) + b"\n", t_ns)

    def _finish(self, answers: list[bytes], rest: tuple[Action, ...], at_ns: int) -> bytes:
        for action in rest:
            answer = self._obey(action, at_ns)
            if answer is not None:
                answers.append(answer)
        return b";".join(answers) + b"\n" if answers else b""

    def _obey(self, action: Action, t_ns: int) -> bytes | None:
        try:
            if action.get is not None:
                return action.get(action.indices, action.argument, t_ns)
            if action.set is None:
                raise ScpiError(*self.error_unknown)
            action.set(action.indices, action.argument, t_ns)
        except ScpiError as error:
            self.unknown += action.set is None and action.get is None
            self.errors.append((error.code, error.text))
        return None

    def next_error(self, *_: object) -> bytes:
        """The oldest entry of the error queue, taken out."""
        code, text = self.errors.popleft() if self.errors else (0, "No error")
        return f'{code},"{text}"'.encode("latin-1")


def number_argument(text: str, low: float, high: float, code: int = -222) -> float:
    """A number within its limits. Raises ``ScpiError``."""
    try:
        value = float(text)
    except ValueError:
        raise ScpiError(-104, "Data type error") from None
    if not low <= value <= high:
        raise ScpiError(code, "Data out of range")
    return value

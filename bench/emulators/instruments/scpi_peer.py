"""A peer that speaks SCPI: resolves messages, keeps the status and its error queue, joins answers."""

from collections.abc import Mapping
from functools import partial
from typing import Literal

from bench.emulators.instruments.behaviour import Action, Behaviour, Behaviours
from bench.emulators.instruments.faults import FaultScript
from bench.emulators.instruments.peer import Peer
from drivers.scpi_data import ERRORS, ScpiError, whole
from drivers.scpi_status import Register, Status
from drivers.scpi_table import Table, short


class ScpiPeer(Peer):
    """``behaviours`` by name of the row; what every instrument does (status, ``*OPC`` ...) is added for the rows that
    the table has. ``hold`` may be called by a command (WAIT): the rest of the message runs at that time.
    """

    errors_max = 16

    def __init__(
        self,
        table: Table,
        behaviours: Mapping[str, Behaviour],
        delay_ns: int,
        faults: FaultScript | None = None,
        idle_close_ns: int = 0,
    ) -> None:
        super().__init__(b"\n", faults, idle_close_ns)
        self.status = Status(self.errors_max)
        self.headers: Literal["", "short", "full"] = ""
        """Whether an answer begins with its header, and in which form."""
        common = {name: does for name, does in self._common().items() if name in table.rows}
        self._behaviours = Behaviours(table, {**common, **behaviours})
        self._undefined = table.dialect.undefined
        self._delay_ns = delay_ns
        self._hold_ns = -1

    def hold(self, until_ns: int) -> None:
        """The rest of the message in work waits until then."""
        self._hold_ns = until_ns

    def handle(self, message: bytes, t_ns: int) -> None:
        """Obey a message; its answers, joined by semicolons, go out together."""
        actions = self._behaviours.resolve(message)
        self._hold_ns = -1
        if len(actions) == 1:
            answer = self._obey(actions[0], t_ns)
            if answer is not None:
                self.reply(max(t_ns, self._hold_ns) + self._delay_ns, answer + b"\n", t_ns)
            return
        answers: list[bytes] = []
        for i, action in enumerate(actions):
            answer = self._obey(action, t_ns)
            if answer is not None:
                answers.append(answer)
            if self._hold_ns >= 0 and i + 1 < len(actions):
                self.reply(self._hold_ns, partial(self._finish, answers, actions[i + 1 :]), t_ns)
                return
        if answers:
            self.reply(max(t_ns, self._hold_ns) + self._delay_ns, b";".join(answers) + b"\n", t_ns)

    def status_byte(self) -> int:
        """What a serial poll sees (IEEE 488.2, 11.2)."""
        return self.status.byte(self.next_ns() is not None)

    def interrupted(self) -> None:
        """A new message came before the answer was read (IEEE 488.2, 6.3.2.3)."""
        self._due.clear()
        code = 410 if self._undefined[0] > 0 else -410  # without a sign where the family's codes have none
        self.status.error(code, ERRORS[-410])

    def cleared(self) -> None:
        """Device clear: input and answers are forgotten, status and settings stay (IEEE 488.2, 5.8)."""
        self._input = b""
        self._due.clear()

    def _finish(self, answers: list[bytes], rest: tuple[Action, ...], at_ns: int) -> bytes:
        for action in rest:
            answer = self._obey(action, at_ns)
            if answer is not None:
                answers.append(answer)
        return b";".join(answers) + b"\n" if answers else b""

    def _obey(self, action: Action, t_ns: int) -> bytes | None:
        try:
            if action.get is not None:
                answer = action.get(action.indices, action.argument, t_ns)
                return self._headed(action, answer) if self.headers else answer
            if action.set is not None:
                action.set(action.indices, action.argument, t_ns)
            else:
                self.unknown += 1
                raise ScpiError(*self._undefined)
        except ScpiError as error:
            self.status.error(error.code, error.text)
        return None

    def _headed(self, action: Action, answer: bytes) -> bytes:
        """``:NUM:FORM FLO``; common commands answer without a header."""
        command = action.command
        if command is None or command.text.startswith("*"):
            return answer
        text = command.text.rstrip("?").replace("[", "").replace("]", "")
        for index in action.indices:
            text = text.replace("<x>", str(index), 1)
        nodes = text.lstrip(":").split(":")
        shown = ":".join(short(node) for node in nodes) if self.headers == "short" else ":".join(nodes).upper()
        return f":{shown} ".encode() + answer

    # --- what every instrument does --------------------------------------------------------------------------------

    def next_error(self, *_: object) -> bytes:
        """The oldest entry of the error queue, taken out."""
        code, text = self.status.next_error()
        return f'{code},"{text}"'.encode("latin-1")

    def _common(self) -> dict[str, Behaviour]:
        status = self.status
        return {
            "clear_status": Behaviour(lambda *_: status.clear()),
            "event": Behaviour(get=lambda *_: b"%d" % status.take_event()),
            "event_enable": self._mask(status, "event_enable", 255),
            "service_enable": self._mask(status, "service_enable", 255),
            "complete": Behaviour(lambda *_: status.complete(), lambda *_: b"1"),
            "status_byte": Behaviour(get=lambda *_: b"%d" % self.status_byte()),
            "self_test": Behaviour(get=lambda *_: b"0"),
            "wait": Behaviour(lambda *_: None),
            "error": Behaviour(get=self.next_error),
            **self._group("operation", status.operation),
            **self._group("questionable", status.questionable),
        }

    def _group(self, name: str, register: Register) -> dict[str, Behaviour]:
        return {
            name: Behaviour(get=lambda *_: b"%d" % register.take()),
            f"{name}_condition": Behaviour(get=lambda *_: b"%d" % register.condition),
            f"{name}_enable": self._mask(register, "enable", 65535),
            f"{name}_rising": self._mask(register, "rising", 65535),
            f"{name}_falling": self._mask(register, "falling", 65535),
        }

    @staticmethod
    def _mask(owner: Status | Register, attribute: str, most: int) -> Behaviour:
        def put(_: tuple[int, ...], argument: str, t_ns: int) -> None:
            setattr(owner, attribute, whole(argument, 0, most))

        return Behaviour(put, lambda *_: b"%d" % getattr(owner, attribute))

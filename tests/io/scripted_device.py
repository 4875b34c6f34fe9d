"""A device for tests of the edges: answers each question with pieces of bytes at chosen delays."""

from collections.abc import Mapping

Pieces = list[tuple[int, bytes]]  # (delay after the question in ns, bytes)
HANG_UP = b"<hang up>"


class ScriptedDevice:
    """Answers ``answers[question]``; knows nothing else. ``questions`` keeps what was asked."""

    def __init__(self, answers: Mapping[bytes, Pieces], end: bytes = b"\n") -> None:
        self.answers = dict(answers)
        self.questions: list[bytes] = []
        self.refusing = False
        self._end = end
        self._input = b""
        self._due: Pieces = []
        self._closing = False

    def opened(self, t_ns: int) -> None:
        self._input, self._due = b"", []
        self._closing = self.refusing

    def receive(self, data: bytes, t_ns: int) -> None:
        if not data:
            self._input, self._due = b"", []
        self._input += data
        while self._end in self._input:
            question, _, self._input = self._input.partition(self._end)
            self.questions.append(question)
            self._due += [(t_ns + delay_ns, piece) for delay_ns, piece in self.answers.get(question, [])]

    def next_ns(self) -> int | None:
        return self._due[0][0] if self._due else None

    def produce(self, t_ns: int) -> bytes:
        output = b""
        while self._due and self._due[0][0] <= t_ns:
            piece = self._due.pop(0)[1]
            self._closing = self._closing or piece == HANG_UP
            output += b"" if piece == HANG_UP else piece
        return output

    def closed(self) -> bool:
        return self._closing

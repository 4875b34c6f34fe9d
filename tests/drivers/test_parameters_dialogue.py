"""Reading an inverter's parameters: frames of the other side made by cantools, lost and strange ones among them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import cantools
import pytest
from uds_bed import MS, Bed

from bench.base.errors import DeviceError, LinkTimeout
from bench.links.parameters import ParameterReading
from drivers.inverters import parameters

BUS = cantools.database.load_file(Path(__file__).parents[2] / "dbc" / "cascadia_cm.dbc")
SET_UP = {172: 20, 94: -7}


def told(address: int, value: int, written: int = 0) -> bytes:
    return BUS.encode_message("M194_PARAMETER_ANSWER", {"Address": address, "WriteOk": written, "Data": value})


class Inverter:
    """Answers each M193 with what ``answers`` makes of its address; keeps the questions."""

    def __init__(self, answers: Callable[[int], Sequence[bytes]]) -> None:
        self.answers, self.asked = answers, []
        self._waiting: list[bytes] = []

    def receive(self, data: bytes, t_ns: int) -> None:
        question = BUS.decode_message("M193_PARAMETER_REQUEST", data)
        assert question["Write"] == 0
        self.asked.append(question["Address"])
        self._waiting += self.answers(question["Address"])

    def next_ns(self) -> int | None:
        return 0 if self._waiting else None

    def produce(self, t_ns: int) -> list[bytes]:
        waiting, self._waiting = self._waiting, []
        return waiting


def honest(address: int) -> list[bytes]:
    return [told(address, SET_UP[address]) if address in SET_UP else told(0, 0)]


def test_each_parameter_is_asked_for_once() -> None:
    inverter = Inverter(honest)
    bed = Bed(inverter)
    assert bed.run(ParameterReading("dut", SET_UP).answer("parameters")) == {"parameters": {"172": 20, "94": -7}}
    assert inverter.asked == [172, 94] and bed.t_ns < 10 * MS


def test_a_lost_question_or_answer_is_asked_for_again() -> None:
    inverter = Inverter(honest)
    bed = Bed(inverter)
    bed.lose = {0, 2}  # the first question, and the answer to the second
    assert bed.run(ParameterReading("dut", (172,)).answer("parameters")) == {"parameters": {"172": 20}}
    assert inverter.asked == [172, 172] and 2 * parameters.ANSWER_NS <= bed.t_ns < 3 * parameters.ANSWER_NS


@pytest.mark.parametrize(("frames", "value"), [
    ([told(94, 1), told(172, 20)], 20), ([told(172, 20)[:7], told(172, 21)], 21), ([told(172, 20), told(172, 99)], 20),
])  # fmt: skip
def test_what_answers_somebody_else_is_passed_over(frames: list[bytes], value: int) -> None:
    assert Bed(Inverter(lambda _: frames)).run(parameters.read("dut", 172)) == value


def test_what_came_too_late_does_not_answer_the_next_question() -> None:
    late = Bed(Inverter(lambda address: [told(address, 1 if address == 172 else 2)]))
    late.way_ns = 60 * MS
    with pytest.raises(LinkTimeout):
        late.run(parameters.read("dut", 172))
    late.way_ns = MS
    assert late.run(parameters.read("dut", 94)) == 2


@pytest.mark.parametrize(("answers", "error", "words"), [
    (lambda _: [], LinkTimeout, "dut: no answer about parameter 172 in 100 ms$"),
    (lambda _: [told(94, 1)], LinkTimeout, "in 100 ms; the answer is about parameter 94, asked was 172"),
    (lambda _: [told(0, 0)], DeviceError, "dut: the inverter has no parameter 172"),
])  # fmt: skip
def test_no_answer_is_no_value(answers: Callable[[int], Sequence[bytes]], error: type[Exception], words: str) -> None:
    inverter = Inverter(answers)
    with pytest.raises(error, match=words):
        Bed(inverter).run(ParameterReading("dut", (172,)).answer("parameters"))
    assert len(inverter.asked) == (3 if error is LinkTimeout else 1)


def test_other_questions_are_refused() -> None:
    with pytest.raises(DeviceError, match="nobody can answer 'snapshot' here"):
        Bed(Inverter(honest)).run(ParameterReading("dut", ()).answer("snapshot"))

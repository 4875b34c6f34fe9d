"""The UDS client against tables of messages, typed from ISO 14229-1: what it asks, what it takes, what it refuses."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from uds_bed import MS, Bed, S, Script

from bench.base.errors import DeviceError, LinkError, LinkTimeout
from bench.canbus.isotp import Endpoint
from bench.schedule.requests import Operation
from drivers.message_line import MessageLine
from drivers.uds import EXTENDED_SESSION, Dtc, NegativeResponse, UdsClient

Act = Callable[[UdsClient], Operation[Any]]


def client() -> UdsClient:
    return UdsClient("dut", MessageLine("dut", Endpoint()))


def run(act: Act, *dialogue: Any, uds: UdsClient | None = None) -> tuple[Any, Bed]:
    script = Script(dialogue)
    bed = Bed(script)
    try:
        return bed.run(act(uds or client())), bed
    finally:
        assert not script.wrong and not script.left, (script.wrong, script.left)


GOOD: dict[str, tuple[Act, list[Any], Any]] = {
    "identifier": (lambda c: c.read_data(0xF18C), [("22 F1 8C", [(3, "62 F1 8C 34 37 31 31")])], b"4711"),
    "a long identifier": (lambda c: c.read_data(0xF190),
                          [("22 F1 90", [(3, "62 F1 90" + "57" * 17)])], b"W" * 17),
    "trouble codes": (lambda c: c.read_dtcs(), [("19 02 FF", [(3, "59 02 7F C1 00 87 2F 0A 78 00 50")])],
                      (Dtc(0xC10087, 0x2F), Dtc(0x0A7800, 0x50))),
    "no trouble codes": (lambda c: c.read_dtcs(0x08), [("19 02 08", [(3, "59 02 7F")])], ()),
    "details": (lambda c: c.read_dtc_details(0xC10087), [("19 06 C1 00 87 FF", [(3, "59 06 C1 00 87 2F 01 05")])],
                b"\x01\x05"),
    "clear": (lambda c: c.clear_dtcs(), [("14 FF FF FF", [(3, "54")])], None),
    "reset": (lambda c: c.reset(), [("11 01", [(3, "51 01")])], None),
    "tester present": (lambda c: c.tester_present(), [("3E 00", [(3, "7E 00")])], None),
    "tester present, unanswered": (lambda c: c.tester_present(answered=False), [("3E 80", [])], None),
    "start a routine": (lambda c: c.start_routine(0x0203, b"\x07"), [("31 01 02 03 07", [(3, "71 01 02 03")])], b""),
    "stop a routine": (lambda c: c.stop_routine(0x0203), [("31 02 02 03", [(3, "71 02 02 03")])], b""),
    "results of a routine": (lambda c: c.routine_results(0x0203), [("31 03 02 03", [(3, "71 03 02 03 00 2A")])],
                             b"\x00\x2a"),
    "pending": (lambda c: c.clear_dtcs(),
                [("14 FF FF FF", [(40, "7F 14 78"), (4000, "7F 14 78"), (9000, "54")])], None),
    "busy, asked again": (lambda c: c.read_data(0xF18C),
                          [("22 F1 8C", [(3, "7F 22 21")]), ("22 F1 8C", [(3, "62 F1 8C 31")])], b"1"),
    "late answers of another service first": (
        lambda c: c.read_data(0xF18C), [("22 F1 8C", [(1, "7E 00"), (2, "7F 3E 12"), (3, "62 F1 8C 31")])], b"1"),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_good_answers(name):
    act, dialogue, result = GOOD[name]
    assert run(act, *dialogue)[0] == result


BAD: dict[str, tuple[Act, list[Any], type[Exception], str]] = {
    "silence": (lambda c: c.read_data(0xF18C), [("22 F1 8C", [])], LinkTimeout, "dut: no answer in time"),
    "beyond P2": (lambda c: c.read_data(0xF18C), [("22 F1 8C", [(220, "62 F1 8C 31")])], LinkTimeout, "no answer"),
    "beyond P2*": (lambda c: c.clear_dtcs(), [("14 FF FF FF", [(3, "7F 14 78"), (5300, "54")])], LinkTimeout, "no"),
    "refused": (lambda c: c.reset(), [("11 01", [(3, "7F 11 22")])], NegativeResponse,
                r"service 0x11 was refused with 0x22 \(ConditionsNotCorrect\)"),
    "busy for ever": (lambda c: c.reset(), [("11 01", [(3, "7F 11 21")])] * 11, NegativeResponse, "asked 11 times"),
    "another identifier": (lambda c: c.read_data(0xF18C), [("22 F1 8C", [(3, "62 F1 90 31")])], DeviceError, "wrong"),
    "half an identifier": (lambda c: c.read_data(0xF18C), [("22 F1 8C", [(3, "62 F1")])], DeviceError, "wrong"),
    "nothing behind the service": (lambda c: c.read_data(0xF18C), [("22 F1 8C", [(3, "62")])], DeviceError, "wrong"),
    "half a refusal": (lambda c: c.reset(), [("11 01", [(3, "7F 11")])], DeviceError, "wrong"),
    "another sub-function": (lambda c: c.reset(), [("11 01", [(3, "51 03")])], DeviceError, "reset 3 is answered"),
    "another report": (lambda c: c.read_dtcs(), [("19 02 FF", [(3, "59 0A 7F")])], DeviceError, "answered|wrong"),
    "another routine": (lambda c: c.start_routine(0x0203), [("31 01 02 03", [(3, "71 01 02 04")])], DeviceError,
                        "routine .* is answered"),
    "a torn trouble code": (lambda c: c.read_dtcs(), [("19 02 FF", [(3, "59 02 7F C1 00 87")])], DeviceError, "wrong"),
    "details of another": (lambda c: c.read_dtc_details(0xC10087),
                           [("19 06 C1 00 87 FF", [(3, "59 06 0A 78 00 2F 01 05")])], DeviceError, "no details"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_answers(name):
    act, dialogue, error, text = BAD[name]
    with pytest.raises(error, match=text):
        run(act, *dialogue)


def test_pending_without_end_ends():
    pending = [(40 + 10 * n, "7F 14 78") for n in range(120)]
    with pytest.raises(LinkTimeout, match="pending without end"):
        run(lambda c: c.clear_dtcs(), ("14 FF FF FF", pending))


def test_a_session_brings_its_own_times_and_is_kept():
    uds = client()

    def act(c: UdsClient) -> Operation[Any]:
        yield from c.change_session(EXTENDED_SESSION)
        yield from c.keep_alive(5 * S)
        return (yield from c.read_data(0xF18C))

    result, bed = run(
        act, ("10 03", [(3, "50 03 01 F4 00 C8")]), ("3E 80", []), ("3E 80", []), ("3E 80", []),
        ("22 F1 8C", [(600, "62 F1 8C 31")]), uds=uds,
    )  # fmt: skip
    assert result == b"1" and bed.t_ns >= 5 * S + 600 * MS  # 600 ms: within the P2 of 500 ms that the session told
    assert uds.session == EXTENDED_SESSION


def test_an_answer_to_an_older_question_is_not_taken_for_the_next():
    uds = client()

    def act(c: UdsClient) -> Operation[Any]:
        try:
            yield from c.read_data(0xF18C)
        except LinkTimeout:
            yield from c.keep_alive(200 * MS)  # meanwhile the late answer arrives
        return (yield from c.read_data(0xF18C))

    late = ("22 F1 8C", [(300, "62 F1 8C 30")])
    assert run(act, late, ("22 F1 8C", [(3, "62 F1 8C 31")]), uds=uds)[0] == b"1"


ACTS: list[Act] = [
    lambda c: c.read_data(0xF18C), lambda c: c.read_dtcs(), lambda c: c.read_dtc_details(0xC10087),
    lambda c: c.clear_dtcs(), lambda c: c.reset(), lambda c: c.start_routine(0x0203), lambda c: c.tester_present(),
    lambda c: c.change_session(3),
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(ACTS), st.binary(max_size=24), st.booleans())
@example(ACTS[1], b"\x02\x7f\x00\x00\x00\x00", True)
@example(ACTS[7], b"\x03\x00", True)
def test_no_answer_is_taken_without_being_one(act, tail, positive):
    class Liar(Script):
        def receive(self, data: bytes, t_ns: int) -> None:
            super().receive(data, t_ns)
            head = bytes([data[1] + 0x40]) if positive else bytes([0x7F, data[1]])
            if data[0] >> 4 == 0 and len(self._queue) < 3:
                self._queue.append((t_ns + MS, head + tail))

    bed = Bed(Liar([]))
    try:
        bed.run(act(client()))
    except (LinkError, DeviceError) as error:
        assert str(error).startswith("dut: ")


@pytest.mark.parametrize(("code", "name"), [(0xC10087, "U0100-87"), (0x0A7800, "P0A78-00"), (0x4123AB, "C0123-AB"),
                                            (0x9B0001, "B1B00-01"), (0xFFFFFF, "U3FFF-FF")])  # fmt: skip
def test_names_of_trouble_codes(code, name):
    assert Dtc(code, 0x2F).name == name
    assert (Dtc(code, 0x2F).active, Dtc(code, 0x2E).active, Dtc(code, 0x08).confirmed) == (True, False, True)

"""Who may be armed: every answer of the unit, and what the journal has by then."""

from collections.abc import Mapping
from typing import Any

import pytest
from sequence_helpers import MAP, make_context, plan_of

from bench.base.errors import DeviceError, LinkTimeout
from bench.schedule.outcomes import Stopped
from bench.schedule.requests import Ask, Operation, Record
from bench.sequence.arm.diagnosis import Examination, complaints, examine, examine_after
from bench.sequence.check import check_plan
from bench.sequence.failures import SequenceFailed
from bench.sequence.registry import step_kinds

NAMES = ("serial", "software", "vin")
EXPECTED = {"serial": "4711", "software": "1.2.3"}
DTC = {"code": "U0100-87", "stored": True}
GOOD = {"identity": {"serial": "4711", "software": "1.2.3", "vin": "W"}, "dtcs": [DTC]}
ASKED = Examination(NAMES, EXPECTED)


def run(operation: Operation[None], *answers: Any) -> tuple[list[str], list[Mapping[str, Any]]]:
    """What was done in order (questions and events), and the journal's data."""
    left, done, journal, answer, error = list(answers), [], [], None, None
    while True:
        try:
            request = operation.send(answer) if error is None else operation.throw(error)
        except StopIteration:
            assert not left
            return done, journal
        answer = error = None
        if isinstance(request, Ask):
            done.append(request.what)
            told = left.pop(0)
            answer, error = (None, told) if isinstance(told, Exception) else (told, None)
        elif isinstance(request, Record):
            done.append(request.event)
            journal.append(request.data)


def test_the_expected_unit_is_journalled_and_may_be_armed():
    done, journal = run(examine(ASKED), GOOD)
    assert done == ["snapshot", "diagnostics"]
    assert journal == [{"when": "before", **GOOD, "expected": EXPECTED}]


def test_trouble_codes_are_stored_before_they_are_cleared_and_only_when_the_plan_asks():
    clean = {**GOOD, "dtcs": []}
    done, journal = run(examine(Examination(NAMES, EXPECTED, clear=True)), GOOD, {}, clean)
    assert done == ["snapshot", "diagnostics", "clear", "dtcs_cleared", "snapshot", "diagnostics"]
    assert [each.get("when") for each in journal] == ["before", None, "cleared"]
    assert journal[1] == {"codes": ["U0100-87"]}


@pytest.mark.parametrize(("identity", "text"), [
    ({"serial": "4712", "software": "1.2.3"}, "serial is '4712', expected is '4711'; put the right unit on the bench"),
    ({"serial": "4711"}, "software is 'not told', expected is '1.2.3'"),
    ({}, "serial is 'not told', expected is '4711'; software is 'not told'"),
])  # fmt: skip
def test_another_unit_is_not_armed_and_nothing_of_it_is_cleared(identity, text):
    with pytest.raises(SequenceFailed, match=text):
        run(examine(Examination(NAMES, EXPECTED, clear=True)), {"identity": identity, "dtcs": [DTC]})


@pytest.mark.parametrize("failure", [LinkTimeout("dut: no answer in time"), DeviceError("dut: refused")])
def test_a_unit_that_does_not_tell_is_not_armed(failure):
    with pytest.raises(SequenceFailed, match=f"arming, identity of the drive unit: {failure}; check its supply"):
        run(examine(ASKED), failure)


def test_codes_that_cannot_be_cleared_although_the_plan_asks_stop_the_arming():
    with pytest.raises(SequenceFailed, match="refused"):
        run(examine(Examination(NAMES, EXPECTED, clear=True)), GOOD, DeviceError("dut: refused"))


def test_a_profile_without_diagnostics_skips_with_a_word():
    done, journal = run(examine(Examination()))
    assert done == ["diagnostics"]
    assert journal == [{"when": "before", "skipped": "the DUT profile has no section 'diagnostics'"}]
    assert run(examine_after(Examination())) == ([], [])


@pytest.mark.parametrize("asks", [Examination(expected={"serial": "1"}), Examination(clear=True)])
def test_a_plan_that_asks_for_what_the_profile_cannot_is_refused(asks):
    with pytest.raises(SequenceFailed, match="the plan asks for it"):
        run(examine(asks))


@pytest.mark.parametrize("failure", [LinkTimeout("no answer"), DeviceError("refused"), Stopped(2, "operator")])
def test_afterwards_nothing_can_go_wrong_any_more(failure):
    done, journal = run(examine_after(ASKED), failure)
    assert (done, journal) == (["snapshot", "diagnostics"], [{"when": "after", "problem": str(failure)}])
    other = {"identity": {"serial": "9"}, "dtcs": []}
    assert run(examine_after(ASKED), other)[1] == [{"when": "after", **other, "expected": EXPECTED}]


@pytest.mark.parametrize(("known", "expected", "clear", "found"), [
    (ASKED, {"serial": "1"}, True, []),
    (ASKED, {"serail": "1"}, False, [(("identity", "serail"), "the unit does not tell 'serail'; it tells serial, ")]),
    (Examination(), {}, False, []),
    (Examination(), {"serial": "1"}, True, [
        (("identity", "serial"), "the unit does not tell 'serial'; the DUT profile has no section 'diagnostics'"),
        (("clear_dtcs",), "trouble codes cannot be cleared: the DUT profile has no section"),
    ]),
])  # fmt: skip
def test_the_check_finds_what_a_plan_asks_in_vain(known, expected, clear, found):
    told = list(complaints(known, expected, clear))
    assert [path for path, _ in told] == [path for path, _ in found]
    assert all(message.startswith(start) for (_, message), (_, start) in zip(told, found, strict=True))


def test_the_check_of_a_plan_names_the_line():
    text = MAP.replace("allowance: 0 %", "allowance: 0 %\nidentity: {serial: 4711-A}\nclear_dtcs: true")
    problems = [str(problem) for problem in check_plan(plan_of(text), step_kinds(), make_context())]
    assert len(problems) == 2 and ":7:20: the unit does not tell 'serial'" in problems[0]

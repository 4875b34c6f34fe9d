"""Whether an inverter may be armed by how it is set up."""

from collections.abc import Mapping
from typing import Any

import pytest

from bench.base.errors import DeviceError, LinkTimeout
from bench.schedule.requests import Ask, Record
from bench.sequence.arm.inverter_set_up import read_back
from bench.sequence.failures import SequenceFailed

REQUIRED = {94: 7, 172: 20}


def run(required: Mapping[int, int], answer: Any = None) -> list[Any]:
    """What was asked and journalled when the inverter answers so."""
    operation, done, reply = read_back(required), [], None
    while True:
        try:
            request = operation.throw(reply) if isinstance(reply, Exception) else operation.send(reply)
        except StopIteration:
            return done
        done.append(request)
        reply = answer if isinstance(request, Ask) else None


def test_what_is_required_is_journalled_and_lets_pass() -> None:
    found = {"parameters": {"94": 7, "172": 20}}
    assert run(REQUIRED, found) == [
        Ask("dut", "parameters"),
        Record("inverter_set_up", {**found, "required": {"94": 7, "172": 20}}),
    ]


def test_where_nothing_is_required_nobody_is_asked() -> None:
    assert run({}) == []


@pytest.mark.parametrize(("answer", "words"), [
    ({"parameters": {"94": 7, "172": 100}}, "parameter 172 is 100, required is 20; set the inverter up"),
    ({"parameters": {"94": 8, "172": 0}}, "parameter 94 is 8, required is 7; parameter 172 is 0, required is 20"),
    ({"parameters": {"94": 7}}, "parameter 172 is not told"),
    (LinkTimeout("dut: no answer"), "dut: no answer; check its supply"),
    (DeviceError("dut: the inverter has no parameter 94"), "no parameter 94; .* what 'inverter' in the DUT file asks"),
])  # fmt: skip
def test_all_else_is_refused(answer: Any, words: str) -> None:
    with pytest.raises(SequenceFailed, match=words):
        run(REQUIRED, answer)

"""Spoilt bytes on both sides of every SCPI dialogue: no crash, no hang, no undeclared exception, and the next right
question is answered.

The right bytes are those of the dialogue itself: each driver arms its emulator and reads once, and what was said is
then said again with bytes changed, inserted and taken out.
"""

import functools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from instrument_bench import OUTPUT_NAMES

from bench.base.errors import DeviceError, LinkError, LinkTimeout
from bench.base.time import NS_PER_S
from bench.config.rig import Rig, load_rig
from bench.config.search import find
from bench.emulators.instruments.of_rig import SUPPLIES, by_part
from bench.links.drivers_of_rig import any_driver_class
from bench.plant.records import INPUTS, OUTPUTS
from bench.schedule.requests import Exchange, Now
from drivers.framing import Framer
from drivers.readout import read

RIGS = Path(find("rig", "e_axle_demo")).parent
ANALYZERS = {"lmg670": "e_axle_demo", "pw8001": "e_axle_demo", "wt3000e": "motor_demo", "wt1800e": "motor_demo"}
CASES = ["yokogawa_wt5000", *ANALYZERS, *SUPPLIES, "keysight_daq970a"]
SUPPLY_PLATES = {
    "ea_psb": "maker: EA\n  model: PSB 10500-180",
    "itech_it6000c": "maker: ITECH\n  model: IT6018C-500-90",
    "keysight_rp7900": "maker: Keysight\n  model: RP7952A",
}
EDITS = st.lists(st.tuples(st.integers(0, 999), st.integers(0, 2), st.integers(0, 255)), max_size=4)


class Pair(NamedTuple):
    """A fresh driver and a fresh emulator, and what they say when all is well."""

    rig: Rig
    part: str

    def driver(self) -> Any:
        return any_driver_class(self.rig.instruments[self.part].driver).from_rig(self.part, self.rig.model_dump())

    def emulator(self) -> Any:
        outputs = np.zeros(1, OUTPUTS)
        outputs["u_dc_v"] = outputs["u_supply_v"] = 400.0
        vector = outputs.view(np.float64)
        measured = dict.fromkeys(self.rig.instruments, lambda: (vector, 0))
        return by_part(self.rig, measured, OUTPUT_NAMES, np.zeros(1, INPUTS), 1, ())[self.part]


@functools.cache
def pair(case: str) -> Pair:
    if case in ANALYZERS:
        base = (RIGS / f"{ANALYZERS[case]}.yaml").read_text()
        kept, keep = [], True
        for line in base.splitlines(keepends=True):
            if line[:1].islower():
                keep = not line.startswith("analyzer:")
            kept += [line] if keep else []
        return Pair(rig_of("".join(kept) + (RIGS / "analyzers" / f"{case}.yaml").read_text()), "analyzer")
    demo = find("rig", "e_axle_demo").read_text()
    if case in SUPPLIES:
        named = "driver: ea_psb", "maker: EA\n  model: PSB 10500-180"
        assert all(demo.count(text) == 1 for text in named)
        demo = demo.replace(named[0], f"driver: {case}")
        demo = demo.replace("over_power: 264 kW", "over_power: 244 kW")  # more than the ITECH takes
        return Pair(rig_of(demo.replace(named[1], SUPPLY_PLATES[case])), "supply")
    return Pair(rig_of(demo), "scanner" if case == "keysight_daq970a" else "analyzer")


def rig_of(text: str) -> Rig:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rig.yaml"
        path.write_text(text)
        return load_rig(path, "rig.yaml").value


def asked(peer: Any, message: bytes, t_ns: int) -> tuple[bytes, int]:
    """All that comes, and when the last of it came."""
    peer.receive(message, t_ns)
    out = b""
    for _ in range(1000):
        due_ns = peer.next_ns()
        if due_ns is None:
            return out, t_ns
        t_ns = max(t_ns, due_ns)
        out += peer.produce(t_ns)
    pytest.fail("it does not end")


@functools.cache
def said(case: str) -> tuple[tuple[bytes, bytes], ...]:
    """Questions and answers of identifying, arming and one reading."""
    driver, peer = pair(case).driver(), pair(case).emulator()
    peer.opened(0)
    t_ns, told = NS_PER_S, []
    for operation in (driver.identify(), driver.set_up(), read(driver)):
        answer: Any = None
        while True:
            try:
                request = operation.send(answer)
            except StopIteration:
                break
            answer = t_ns if isinstance(request, Now) else None
            if isinstance(request, Exchange):
                answer, t_ns = asked(peer, request.data, t_ns)
                told.append((request.data, answer))
            t_ns += 1_000_000
    return tuple(told)


def edited(data: bytes, edits: list[tuple[int, int, int]]) -> bytes:
    changed = bytearray(data)
    for place, how, byte in edits:
        at = place % (len(changed) + 1)
        if how == 0:
            changed.insert(at, byte)
        elif changed:
            changed[at % len(changed) : at % len(changed) + 1] = bytes([byte]) if how == 1 else b""
    return bytes(changed)


@pytest.mark.parametrize("case", CASES)
@settings(max_examples=40)
@given(data=st.data())
def test_an_emulator_takes_any_bytes_and_goes_on(case: str, data: st.DataObject) -> None:
    dialogue, peer = said(case), pair(case).emulator()
    peer.opened(0)
    t_ns = NS_PER_S
    for _ in range(data.draw(st.integers(1, 6))):
        question, _ = dialogue[data.draw(st.integers(0, len(dialogue) - 1))]
        _, t_ns = asked(peer, edited(question, data.draw(EDITS)), t_ns)
        t_ns += NS_PER_S
    asked(peer, b"\n", t_ns)  # the end of whatever was begun
    identity, answer = dialogue[0]
    assert asked(peer, identity, t_ns + NS_PER_S)[0].endswith(answer)


@pytest.mark.parametrize("case", CASES)
@settings(max_examples=40)
@given(data=st.data())
def test_a_driver_takes_any_answer_or_refuses_it(case: str, data: st.DataObject) -> None:
    driver, answers = pair(case).driver(), [answer for _, answer in said(case) if answer]
    operation = data.draw(st.sampled_from(("identify", "set_up", "verify", "read")))
    for _ in range(2):
        run(read(driver) if operation == "read" else getattr(driver, operation)(), spoilt(answers, data))
    values = [reading.value for reading in driver.readings() if reading.good]
    assert all(np.isfinite(values))


def spoilt(answers: list[bytes], data: st.DataObject) -> Iterator[bytes]:
    while True:
        yield edited(answers[data.draw(st.integers(0, len(answers) - 1))], data.draw(EDITS))


def run(operation: Any, answers: Iterator[bytes]) -> None:
    """To its end, or to a declared refusal."""
    answer: Any = None
    try:
        for _ in range(2000):
            request = operation.send(answer)
            answer = 5 * NS_PER_S if isinstance(request, Now) else None
            if isinstance(request, Exchange):
                answer = b""
                if request.reply:
                    framed = Framer(request.reply).feed(next(answers))
                    if framed is None:
                        raise LinkTimeout("no whole answer")
                    answer = framed
        pytest.fail("it does not end")
    except StopIteration:
        return
    except (DeviceError, LinkError):
        operation.close()

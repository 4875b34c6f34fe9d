"""When the emulators say that they are ready, everything is compiled: the first question must not hold up the rest."""

import json
import os
import subprocess
import sys

import pytest

SESSION = r"""
import gc, json, sys
from numba.core.dispatcher import Dispatcher
from bench.assembly import load_inputs, other_side
from bench.base.records import FRAME
from bench.emulators.free_world import FreeWorld
import numpy as np
from bench.base.ring import push

MS = 1_000_000
inputs = load_inputs("smoke")
rig, dut = inputs.rig.value, inputs.dut.value
world = other_side(rig, dut, seed=1)
free = FreeWorld(world)
free.run_until(1000 * MS)  # what the host does before it says so


def compiled():
    found = [f for f in gc.get_objects() if isinstance(f, Dispatcher)]
    return {f"{f.py_func.__module__}.{f.__name__}": len(f.overloads) for f in found}


def talk(part, question):
    device = free.devices[part]
    device.receive(question, 1000 * MS)
    answer = b""
    while device.next_ns() is not None:
        answer += device.produce(device.next_ns())
    return answer


before, modules = compiled(), set(sys.modules)
answers = [
    talk("analyzer", b":NUMERIC:FORMAT FLOAT;:NUM:NUMBER 2;ITEM1 UDC,1;ITEM2 PM,1\n:NUM:VAL?\n"),
    talk("supply", b"MEAS:ARR?\n"),
    talk("dyno_l", b"\x02 ASTZ K0\x03"),
]
question = np.zeros(1, FRAME)
question["id"], question["length"], question["t_ns"] = dut.diagnostics.ids[0], 8, 1001 * MS
question["data"][0, :4] = 3, 0x22, 0xF1, 0x8C
push(free.frames_in, question[0])
for t_ms in range(1001, 1200):
    free.run_until(t_ms * MS)
said = {int(frame["id"]) for frame in free.frames_out.records}
after = compiled()
print(json.dumps({
    "answers": [len(answer) for answer in answers], "diagnosed": dut.diagnostics.ids[1] in said,
    "late": sorted(name for name in after if after[name] != before.get(name, 0)), "known": len(before),
    "imported": sorted(set(sys.modules) - modules),
}))
"""


@pytest.mark.slow
def test_the_first_questions_compile_and_import_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SESSION], capture_output=True, text=True, env=dict(os.environ), timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert all(told["answers"]) and told["diagnosed"] and told["known"] > 50
    assert (told["late"], told["imported"]) == ([], [])

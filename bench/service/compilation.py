"""``python -m bench.service.compilation core|world|bench``: compile into the cache, from where everybody loads.

In processes of their own, because the compiler keeps what it took until its process ends; core and world side by side,
as neither calls the other.
"""

import sys

from bench.assembly import draw_core, load_inputs, other_side, virtual
from bench.base.time import NS_PER_S, VIRTUAL_EPOCH_S
from bench.emulators.free_world import FreeWorld
from bench.io.core_process import warm_up
from bench.record.storage import MemoryStorage
from bench.sequence.sequencer import run_plan
from bench.service.driving import recorder_of
from bench.service.preparation import prepare
from bench.service.run_folder import Labels

_PLAN = "smoke"  # any: the tables of all plans, rigs and DUTs have the same types


def compile_core() -> None:
    """The core's cycle."""
    inputs = load_inputs(_PLAN)
    warm_up(draw_core(inputs.rig.value, inputs.dut.value, inputs.databases).program)


def compile_world() -> None:
    """The other side of the wires: emulated nodes, wire and plant."""
    inputs = load_inputs(_PLAN)
    FreeWorld(other_side(inputs.rig.value, inputs.dut.value, seed=1)).run_until(NS_PER_S)


def compile_bench() -> None:
    """The loop of both, and the rest of a run in virtual time: its first second, which leaves nothing behind."""
    blueprint = prepare(_PLAN).blueprint
    inputs, labels = blueprint.inputs, Labels("virtual", 1, VIRTUAL_EPOCH_S)
    made = virtual(blueprint, recorder_of(MemoryStorage(), blueprint, labels), labels.seed)
    made.bench.start(run_plan(inputs.plan.value, inputs.kinds, blueprint.context))
    while made.bench.advance() < NS_PER_S:
        pass
    blueprint.twin.predict(1000.0, 50.0)


if __name__ == "__main__":
    {"core": compile_core, "world": compile_world, "bench": compile_bench}[sys.argv[1]]()

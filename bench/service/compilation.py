"""``python -m bench.service.compilation core|bench``: compile into the cache, from where everybody loads.

In processes of their own, one after the other, because the compiler keeps what it took (0.2 GB for each of the two)
until its process ends.
"""

import sys

from bench.assembly import draw_core, load_inputs, virtual
from bench.base.time import NS_PER_S, VIRTUAL_EPOCH_S
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


def compile_bench() -> None:
    """All the rest that a run in virtual time needs: its first seconds, which leave nothing behind."""
    blueprint = prepare(_PLAN).blueprint
    inputs, labels = blueprint.inputs, Labels("virtual", 1, VIRTUAL_EPOCH_S)
    made = virtual(blueprint, recorder_of(MemoryStorage(), blueprint, labels), labels.seed)
    made.bench.start(run_plan(inputs.plan.value, inputs.kinds, blueprint.context))
    while made.bench.advance() < NS_PER_S:
        pass
    blueprint.twin.predict(1000.0, 50.0)


if __name__ == "__main__":
    {"core": compile_core, "bench": compile_bench}[sys.argv[1]]()

"""``python -m bench.service.compilation``: compile the core's cycle into the cache, from where everybody loads it.

In a process of its own, because the compiler keeps what it took (0.2 GB) until the process ends.
"""

from bench.assembly import draw_core, load_inputs
from bench.io.core_process import warm_up

_PLAN = "smoke"  # any: the tables of all plans, rigs and DUTs have the same types


def compile_core() -> None:
    """Compile the cycle, in this process."""
    inputs = load_inputs(_PLAN)
    warm_up(draw_core(inputs.rig.value, inputs.dut.value, inputs.databases).program)


if __name__ == "__main__":
    compile_core()

"""A process that writes the image as a core does, and nothing but the number of the cycle into each field."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def another_process_writes(folder: Path) -> Iterator[None]:
    """Into the memory of the small bench that was made in ``folder``; the process is killed wherever it stands."""
    with subprocess.Popen([sys.executable, __file__, str(folder)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None and writer.stdout.readline() == "on\n"
        try:
            yield
        finally:
            writer.kill()


def _write(folder: Path) -> None:
    from small_bench import small_design

    from bench.core.program import build_program
    from bench.io.berth import Berth
    from bench.io.clock import MonotonicClock
    from bench.io.status import CORE

    memory = Berth(folder, MonotonicClock()).attach(build_program(small_design()))
    row, image = memory.status[CORE], memory.state.image
    for n in range(1, 1 << 40):
        row["sequence"] += 1
        for i in range(len(image)):
            image[i]["value"], image[i]["t_ns"] = n, n
            if i == len(image) // 2:
                time.sleep(0.0001)  # so that who does not mind the sequence number sees two cycles in one
        memory.state.core["t_ns"] = n
        row["sequence"] += 1
        if n == 1:
            sys.stdout.write("on\n")
            sys.stdout.flush()
        time.sleep(0.0002)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    _write(Path(sys.argv[1]))

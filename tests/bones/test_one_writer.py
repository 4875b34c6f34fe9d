"""Only the core writes the image, and everything that moves energy leaves through its gate."""

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.core.tables import NONE
from drivers.dynos.ak_dyno import AkDyno
from drivers.periphery.modbus_part import ModbusPart
from drivers.registry import BUILT_IN, driver_class
from drivers.supplies.ea_psb import EaPsb

Runner = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*(ROOT / "bench").rglob("*.py"), *(ROOT / "drivers").rglob("*.py")])


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def written(tree: ast.AST) -> Iterator[ast.expr]:
    """Everything that is assigned to, and what is changed in place by a method or function of numpy."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from target.elts if isinstance(target, ast.Tuple) else [target]
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            yield node.target
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in ("fill", "put", "itemset", "sort", "partition", "setfield"):
                yield node.func
            elif node.func.attr in ("copyto", "put_along_axis", "place", "putmask") and node.args:
                yield ast.Subscript(node.args[0])


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


# --- the image -------------------------------------------------------------------------------------------------------

IMAGE_WRITERS = {
    "bench/core/state.py": "makes it",
    "bench/core/take_in.py": "readings",
    "bench/core/trajectories.py": "set-points",
    "bench/core/supervision.py": "what has grown stale",
    "bench/core/derive.py": "what follows from other channels",
    "bench/core/put_out.py": "the toggle that goes with a frame",
    "bench/canbus/codec.py": "signals, when the core (or an emulated node, in its own image) takes in a frame",
    "bench/emulators/ecu.py": "the node's own image",
    "bench/emulators/cascadia_cm.py": "the node's own image",
    "bench/emulators/can_dynos.py": "the node's own image",
    "bench/emulators/bench_io.py": "the node's own image",
}


def writes_image(tree: ast.AST) -> bool:
    """Whether a part of something called ``image`` is written (binding the name itself is no writing)."""
    return any(part_of_image(target) for target in written(tree))


def part_of_image(target: ast.expr) -> bool:
    inner = target
    while isinstance(inner, ast.Subscript | ast.Attribute):
        inner = inner.value
        if getattr(inner, "attr", getattr(inner, "id", "")) == "image":
            return True
    return False


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_no_other_source_writes_an_image(path: Path) -> None:
    if writes_image(ast.parse(path.read_text())):
        assert name_of(path) in IMAGE_WRITERS, "only the core writes the image: post readings or commands instead"


def test_the_scan_sees_writing() -> None:
    for text in (
        'state.image["value"][3] = 1.0',
        "image[0].value += 1",
        "bench.state.image.fill(0)",
        "np.copyto(image[0], x)",
    ):
        assert writes_image(ast.parse(text)), text
    for text in ("x = image[0].value", "self.image = image", "value = state.image[3]"):
        assert not writes_image(ast.parse(text)), text


class Watchman:
    """Between two runs of the compiled loop, nobody may have touched the image: links and sequence run there."""

    def __init__(self) -> None:
        self.runs = 0
        self._made: Any = None

    def __call__(self, made: Any) -> bool:
        if made is not self._made:
            self._made, loop = made, made.bench._run
            left = [made.state.image.tobytes()]

            def guarded(*arguments: Any) -> int:
                assert made.state.image.tobytes() == left[0], "somebody but the core wrote the image"
                reached: int = loop(*arguments)
                left[0] = made.state.image.tobytes()
                self.runs += 1
                return reached

            made.bench._run = guarded
        return False


def test_nobody_writes_the_image_while_links_and_sequence_run(run_of: Runner) -> None:
    watchman = Watchman()
    assert run_of("smoke", watch=watchman).verdict.verdict == "passed"
    assert watchman.runs > 1000


def test_what_links_say_about_a_set_points_channel_is_refused(run_of: Runner) -> None:
    """The other way in: a reading that claims to be a set-point."""
    from bench.base.records import INBOX, READING
    from bench.base.ring import push

    seen: list[tuple[int, float]] = []

    def forge(made: Any) -> bool:
        place = made.program.channels.dtype and int(np.flatnonzero(made.program.channels["setpoint"] != NONE)[0])
        record = np.zeros(1, INBOX)
        record["kind"], record["id"], record["value"], record["t_ns"] = READING, place, 1234.5, 1 << 61
        push(made.rings.inbox_links, record[0])
        seen.append((int(made.state.counters["unknown"][0]), float(made.state.image["value"][place])))
        return len(seen) > 50

    run_of("smoke", watch=forge)
    assert seen[-1][0] >= 40
    assert all(value != 1234.5 for _, value in seen)


# --- what moves energy -----------------------------------------------------------------------------------------------


_WITHOUT_A_BENCH = {"bench/emulators/instruments/echo.py", "bench/service/perf/instruments.py"}
"""What proves and measures sessions asks an emulator of its own; no rig can name it."""


def test_bytes_for_instruments_are_made_in_drivers_only() -> None:
    makers = {
        name_of(path) for path in SOURCES for call in calls(ast.parse(path.read_text())) if called(call) == "Exchange"
    }
    assert makers >= _WITHOUT_A_BENCH
    assert all(maker.startswith("drivers/") for maker in makers - _WITHOUT_A_BENCH), makers


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def receiver(call: ast.Call) -> str:
    return ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""


def test_every_energising_driver_call_has_one_caller() -> None:
    """``write(index, value)`` is the one method of a driver that can bring energy in."""
    callers = {
        name_of(path)
        for path in SOURCES
        for call in calls(ast.parse(path.read_text()))
        if called(call) == "write" and "driver" in receiver(call)
    }
    assert callers == {"bench/links/follower.py"}
    askers = {
        name_of(path)
        for path in SOURCES
        for call in calls(ast.parse(path.read_text()))
        if called(call) == "energises" and "driver" in receiver(call)
    }
    assert askers == {"bench/links/follower.py"}


def test_methods_of_a_driver_that_write_are_called_by_nobody_else() -> None:
    """A driver may offer ``set_voltage`` and the like to scripts; in the bench everything goes the way of the gate."""
    shortcuts = {
        method.name
        for path in SOURCES
        if name_of(path).startswith(("drivers/supplies/", "drivers/dynos/", "drivers/periphery/"))
        for method in ast.walk(ast.parse(path.read_text()))
        if isinstance(method, ast.FunctionDef) and method.name.startswith("set_") and method.name != "set_up"
    }
    assert {"set_output", "set_voltage", "set_contactors", "set_chain", "set_circuit"} <= shortcuts
    users = {
        (name_of(path), called(call))
        for path in SOURCES
        if name_of(path).startswith("bench/")
        for call in calls(ast.parse(path.read_text()))
        if called(call) in shortcuts
    }
    assert users == set()


def test_only_what_has_set_points_can_energise() -> None:
    drivers = {name: driver_class(name) for name in BUILT_IN}
    driven = {name for name, driver in drivers.items() if hasattr(driver, "write")}
    supplies = {"ea_psb", "itech_it6000c", "keysight_rp7900"}
    dynos, periphery = {"ak_dyno", "magtrol_dsp"}, {"bench_io_modbus", "conditioner_modbus"}
    assert driven == supplies | dynos | periphery
    assert all(hasattr(drivers[name], "energises") and hasattr(drivers[name], "in_force") for name in driven)


def test_frames_leave_by_one_door() -> None:
    """Only the core's ``put_out`` puts frames into the ring that leads to the buses."""
    takers = {
        name_of(path)
        for path in SOURCES
        if "emulators" not in path.parts  # their rings lead the other way
        for call in calls(ast.parse(path.read_text()))
        if called(call) in ("slot", "commit", "push", "push_all")
        and call.args
        and ast.unparse(call.args[0]).endswith(("frames", "frames_out"))
    }
    assert takers == {"bench/core/put_out.py"}


@pytest.fixture
def callers(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """By driver: the files that called ``write`` while a run went on."""
    found: dict[str, set[str]] = {}
    for driver in (EaPsb, AkDyno, ModbusPart):
        original = driver.write

        def watched(self: Any, index: int, value: float, original: Any = original) -> Any:
            caller = Path(sys._getframe(1).f_code.co_filename).resolve()
            found.setdefault(type(self).__name__, set()).add(name_of(caller))
            return original(self, index, value)

        monkeypatch.setattr(driver, "write", watched)
    return found


def test_in_a_whole_run_every_write_comes_from_the_follower(run_of: Runner, callers: dict[str, set[str]]) -> None:
    assert run_of("smoke", rig="e_axle_modbus").verdict.verdict == "passed"
    assert callers.keys() == {"EaPsb", "AkDyno", "BenchIoModbus", "ConditionerModbus"}
    assert set().union(*callers.values()) == {"bench/links/follower.py"}


def test_nothing_is_energised_before_the_core_is_armed_nor_after_its_stop(run_of: Runner) -> None:
    """What the emulated supply and dynos were told to do, seen from their side of the wire."""
    energised: list[int] = []

    def look(made: Any) -> bool:
        inputs = made.world.bench.plant.inputs[0]
        if inputs["supply_on"] or inputs["dyno_l_on"] or inputs["dyno_r_on"] or inputs["pwm_on"]:
            energised.append(int(made.state.core["t_ns"][0]))
        return False

    run = run_of("smoke", watch=look)
    armed_ns = next(record.t_ns for record in run.journal if record.event == "core_armed")
    safe_ns = next(record.t_ns for record in run.journal if record.event == "core_safe")
    assert energised
    assert armed_ns < energised[0] < energised[-1] <= safe_ns

"""``bench check PLAN``."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from bench.base.time import clock_text, ns
from bench.cli.options import DutOption, JsonOption, PlanArgument, RigOption, SetOption, settings_of
from bench.cli.terminal import clean, note, say, say_json
from bench.cli.warming import announce_compilation

if TYPE_CHECKING:
    from bench.service.expected import Expected


def command(
    plan: PlanArgument,
    rig: RigOption = None,
    dut: DutOption = None,
    set_: SetOption = None,
    fault: Annotated[
        list[str] | None, typer.Option("--fault", help="Line of a fault script, to be checked too (repeatable).")
    ] = None,
    json: JsonOption = False,
) -> int:
    """Check plan, rig, DUT and CAN databases: all problems at once, nothing is energised."""
    from bench.service.disk_need import disk_need
    from bench.service.expected import expect
    from bench.service.preparation import prepare, remarks

    prepared = prepare(
        plan, rig, dut, tuple(fault or ()), settings=settings_of(set_), when_read=lambda: announce_compilation(json)
    )
    inputs = prepared.blueprint.inputs
    expected = expect(prepared.blueprint)
    found = {"plan": inputs.plan.value.plan, "rig": inputs.rig.value.rig, "dut": inputs.dut.value.name}
    said = [*remarks(prepared.blueprint, time.strftime("%Y-%m-%d")), *expected.remarks()]
    if json:
        figures = {**expected.figures(), "estimate_bytes": disk_need(prepared.blueprint)}
        figures |= {"program": prepared.blueprint.program_hash}
        say_json({"exit": 0, "problems": [], "remarks": [clean(text) for text in said], **found, **figures})
        return 0
    for text in said:
        note(f"remark: {text}")
    names = ", ".join(f"{kind} {name}" for kind, name in found.items())
    points, lasts = expected.estimate.points, clock_text(ns(expected.duration_s))
    say(f"{names}: no problems; {points} points, about {lasts} h on the bench")
    say(_energy_and_storage(expected, disk_need(prepared.blueprint)))
    return 0


def _energy_and_storage(expected: "Expected", most_bytes: int) -> str:
    most = f"{most_bytes / 1e6:.0f} MB at most, which the disk must have"
    if expected.foreseen is None or expected.stored is None:
        return f"storage: {most}"
    taken, given = expected.foreseen.taken_wh / 1e3, expected.foreseen.given_wh / 1e3
    energy = f"energy: {taken:.2f} kWh from the supply, {given:.2f} kWh back"
    return f"{energy}; storage: about {expected.stored.total / 1e6:.0f} MB; {most}"

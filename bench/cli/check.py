"""``bench check PLAN``."""

import time
from typing import Annotated

import typer

from bench.base.time import clock_text, ns
from bench.cli.options import DutOption, JsonOption, PlanArgument, RigOption
from bench.cli.terminal import clean, note, say, say_json
from bench.cli.warming import announce_compilation


def command(
    plan: PlanArgument,
    rig: RigOption = None,
    dut: DutOption = None,
    fault: Annotated[
        list[str] | None, typer.Option("--fault", help="Line of a fault script, to be checked too (repeatable).")
    ] = None,
    json: JsonOption = False,
) -> int:
    """Check plan, rig, DUT and CAN databases: all problems at once, nothing is energised."""
    from bench.sequence.estimate import estimate
    from bench.service.disk_need import disk_need
    from bench.service.preparation import prepare, remarks

    prepared = prepare(plan, rig, dut, tuple(fault or ()), when_read=lambda: announce_compilation(json))
    inputs = prepared.blueprint.inputs
    expected = estimate(inputs.plan.value, inputs.kinds, prepared.blueprint.context)
    found = {"plan": inputs.plan.value.plan, "rig": inputs.rig.value.rig, "dut": inputs.dut.value.name}
    said = remarks(prepared.blueprint, time.strftime("%Y-%m-%d"))
    if json:
        figures = {
            "points": expected.points,
            "estimate_s": expected.total_s,
            "estimate_bytes": disk_need(prepared.blueprint),
            "program": prepared.blueprint.program_hash,
        }
        say_json({"exit": 0, "problems": [], "remarks": [clean(text) for text in said], **found, **figures})
        return 0
    for text in said:
        note(f"remark: {text}")
    names = ", ".join(f"{kind} {name}" for kind, name in found.items())
    megabytes = disk_need(prepared.blueprint) // 1_000_000
    needs = f"about {clock_text(ns(expected.total_s))} h on the bench and up to {megabytes} MB"
    say(f"{names}: no problems; {expected.points} points, {needs}")
    return 0

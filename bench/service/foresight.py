"""What a run will be like, before it begins: its sequence gone through on a coarse bench, without faults, in a blink.

It never refuses a plan: what it cannot go through (a step that asks for too much, or that the coarse bench does not
serve) leaves the estimate of the steps themselves in force.
"""

from bench.assembly import Blueprint
from bench.emulators.coarse_bench import CoarseBench
from bench.plant.warming import Warming
from bench.sequence.foreseen import Foreseen, Marks
from bench.sequence.progress import BEGINNING, Progress
from bench.sequence.sequencer import run_plan
from bench.sequence.verdict import RunVerdict


def foresee(blueprint: Blueprint, progress: Progress = BEGINNING) -> Foreseen | None:
    """Run through it; None where that does not come to an end. ``progress``: of the run that it goes on from."""
    inputs = blueprint.inputs
    rig, marks = inputs.rig.value, Marks()
    pumps_s = (rig.conditioner.coolant.pump, rig.conditioner.oil.pump)
    plant = Warming(blueprint.parameters, blueprint.twin.table, rig.ambient, pumps_s)
    bench = CoarseBench(blueprint.context, blueprint.design.setpoints, plant, rig.stopping, marks.take)
    sequence = run_plan(inputs.plan.value, inputs.kinds, blueprint.context, progress)
    try:
        verdict: RunVerdict = bench.run(sequence)
    except Exception:  # foresight is a help, and a step kind may be anybody's
        return None
    account = bench.account
    return Foreseen(
        total_s=bench.scheduler.t_ns * 1e-9,
        marks=marks.times(),
        points=verdict.points,
        verdict=verdict.verdict,
        reasons=verdict.reasons,
        taken_wh=account.taken_wh,
        given_wh=account.given_wh,
        hottest_degc=account.hottest_degc,
        derates=account.least_derating < 1.0,
        prompts=tuple(account.prompts),
        records=marks.records,
        record_bytes=marks.record_bytes,
        measuring_s=account.measuring_s,
    )

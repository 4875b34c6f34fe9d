"""``bench rehearse PLAN``."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.base.time import VIRTUAL_EPOCH_S, clock_text, ns
from bench.cli import exits
from bench.cli.operator import OPERATOR
from bench.cli.options import SEED_MAX, DutOption, JsonOption, PlanArgument, RigOption, SetOption, settings_of
from bench.cli.terminal import say, say_json
from bench.cli.warming import prepare_compiled_code

if TYPE_CHECKING:
    from bench.service.margins import Margin
    from bench.service.rehearsal import Rehearsal

_SHOWN = 8


def command(
    plan: PlanArgument,
    rig: RigOption = None,
    dut: DutOption = None,
    seed: Annotated[int, typer.Option(min=0, max=SEED_MAX, help="Of noise and instrument errors.")] = 1,
    fault: Annotated[
        list[str] | None,
        typer.Option(metavar="LINE", help="What goes wrong, e.g. analyzer.silence@300s+2s (repeatable)."),
    ] = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> int:
    """Run a plan on the rig's virtual twin and leave nothing behind: duration, heat, margins, energy, storage."""
    from bench.service.preparation import prepare
    from bench.service.rehearsal import rehearse
    from bench.service.run_folder import Labels

    prepared = prepare(
        plan, rig, dut, tuple(fault or ()), settings=settings_of(set_), when_read=lambda: prepare_compiled_code(json)
    )
    OPERATOR.hold()
    labels = Labels("virtual", seed, VIRTUAL_EPOCH_S)
    found = rehearse(prepared.blueprint, labels, prepared.faults, lambda _made: OPERATOR.asked)
    code = exits.ABORTED if OPERATOR.asked else found.verdict.exit_code
    if json:
        say_json(_for_machines(found, code))
    else:
        _tell(found)
    return code


def _for_machines(found: "Rehearsal", code: int) -> dict[str, Any]:
    verdict = found.verdict
    return {
        "verdict": verdict.verdict,
        "outcome": verdict.outcome,
        "reasons": list(verdict.reasons),
        "points": verdict.points,
        "flagged": list(found.flagged),
        "duration_s": round(found.duration_s, 3),
        "wall_s": round(found.wall_s, 3),
        "energy_wh": {"from_supply": round(found.taken_wh, 1), "to_supply": round(found.given_wh, 1)},
        "hottest_degc": {name: round(value, 2) for name, value in found.hottest_degc.items()},
        "margins": [_margin(margin) for margin in found.margins],
        "storage_bytes": {**found.stored_bytes, "total": sum(found.stored_bytes.values())},
        "prompts": list(found.told),
        "exit": code,
    }


def _margin(margin: "Margin") -> dict[str, Any]:
    figures = {"bound": margin.bound, "nearest": margin.nearest, "margin": margin.away, "percent": margin.percent}
    names = {"limit": margin.limit, "channel": margin.channel, "level": margin.level, "unit": margin.unit}
    return {**names, **{key: round(value, 3) for key, value in figures.items()}, "t_s": round(margin.t_s, 2)}


def _tell(found: "Rehearsal") -> None:
    verdict = found.verdict
    say(f"verdict: {verdict.verdict} ({verdict.outcome})")
    for reason in verdict.reasons:
        say(f"  {reason}")
    say(f"duration: {clock_text(ns(found.duration_s))} h on the bench; rehearsed in {found.wall_s:.1f} s")
    flagged = f", {verdict.flagged} flagged" if verdict.flagged else ""
    say(f"points: {verdict.accepted} of {verdict.planned} accepted{flagged}")
    for text in found.flagged[:_SHOWN]:
        say(f"  {text}")
    say(f"energy: {found.taken_wh / 1e3:.2f} kWh from the supply, {found.given_wh / 1e3:.2f} kWh back")
    say(f"storage: {sum(found.stored_bytes.values()) / 1e6:.1f} MB beside the report")
    say("highest temperatures:")
    for name, degc in sorted(found.hottest_degc.items(), key=lambda item: -item[1])[:_SHOWN]:
        say(f"  {name:<26}{degc:8.1f} degC")
    say("nearest limits:")
    for margin in found.margins[:_SHOWN]:
        say(f"  {_line(margin)}")
    say(f"operator prompts: {len(found.told) or 'none'}")
    for text in found.told:
        say(f"  {text}")


def _line(margin: "Margin") -> str:
    side = "below" if margin.upper else "above"
    told = f"{margin.away:.1f} {margin.unit} ({margin.percent:.0f} %) {side} {margin.bound:g}"
    return f"{margin.limit:<32}{margin.level:<7}{told} at {clock_text(ns(margin.t_s))} h"

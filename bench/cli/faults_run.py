"""``bench faults run``."""

import enum
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.base.errors import InputError, Problem
from bench.cli import exits
from bench.cli.operator import Aborted
from bench.cli.options import JsonOption
from bench.cli.terminal import note, say, say_json
from bench.cli.warming import prepare_compiled_code
from bench.config.suggest import suggestion

if TYPE_CHECKING:
    from bench.campaign.campaign import Pool
    from bench.campaign.case import Case, Outcome

_TOLD = (
    "fault", "state", "seed", "applies", "detection_expected",
    "detected", "safe", "in_time", "reaction_ms", "budget_ms",
)  # fmt: skip


_TOLD_EACH = 100


class Engine(enum.StrEnum):
    """Where cases run."""

    POOL = "pool"
    DASK = "dask"


def command(
    fault: Annotated[str | None, typer.Option(help="Only this one, such as F-19, or this pair: F-01+F-19.")] = None,
    state: Annotated[str | None, typer.Option(help='Only in this state of the bench, such as "regen".')] = None,
    seeds: Annotated[int, typer.Option(min=1, max=10_000, help="How many seeds, from 1 on.")] = 4,
    seed: Annotated[int | None, typer.Option(min=1, help="Only this seed: replays one case.")] = None,
    pairs: Annotated[bool, typer.Option("--pairs", help="Every two faults together, each pair in one state.")] = False,
    engine: Annotated[Engine, typer.Option(help="Processes of this machine, or a Dask cluster.")] = Engine.POOL,
    scheduler: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Of the Dask cluster.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=1024, help="Processes; all cores otherwise.")] = None,
    out: Annotated[
        Path, typer.Option(help="Where the outcomes are kept, case by case: an interrupted campaign goes on.")
    ] = Path("proofs"),
    table: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the table of outcomes as Markdown.")] = None,
    json: JsonOption = False,
) -> int:
    """Try faults in the states of the bench, in virtual time, and have an observer of the plant judge. 1 when a case
    that applies is not met; a line for each tells how to run it again."""
    from bench.campaign.campaign import Ledger, carry_out, cases_of, pairs_of
    from bench.campaign.catalogue import FAULTS, find_fault
    from bench.campaign.states import STATES

    if state is not None and state not in STATES:
        raise InputError([Problem("--state", 0, 0, f"no state {state!r}; {suggestion(state, STATES)}")])
    states = tuple(STATES) if state is None else (state,)
    faults = FAULTS if fault is None else tuple(map(find_fault, fault.split("+")))
    if pairs or len(faults) == 2:
        cases = pairs_of(faults, states, seed or 1)
    else:
        cases = cases_of(faults, states, range(1, seeds + 1) if seed is None else (seed,))
    if not cases:
        shown = ", ".join(test for one in faults for test in one.shown_by)
        raise InputError([Problem("--fault", 0, 0, f"{fault} is judged with real processes: {shown}")])
    prepare_compiled_code(json)
    file = out / "faults.jsonl"
    ledger = Ledger(file)
    pool = _pool(engine, scheduler, workers)
    try:
        outcomes = carry_out(cases, pool, ledger, lambda _outcome: None if json else _progress(ledger.done))
    except Aborted:
        note(f"interrupted; the same command goes on after {len(ledger.done)} cases in {file}")
        return exits.ABORTED
    if table is not None:
        _write_table(table, outcomes)
    _tell(outcomes, json)
    return exits.PASSED if all(outcome.met for outcome in outcomes) else exits.FAILED


def _pool(engine: Engine, scheduler: str | None, workers: int | None) -> "Pool":
    from bench.campaign.pools import dask, processes

    return dask(scheduler) if engine is Engine.DASK else processes(workers)


def _write_table(path: Path, outcomes: "Sequence[Outcome]") -> None:
    from bench.campaign.page import page

    try:
        path.write_text(page(outcomes), encoding="utf-8")
    except OSError as error:
        raise InputError([Problem("--table", 0, 0, f"{path} cannot be written: {error.strerror}")]) from None


def _progress(done: "Mapping[Case, Outcome]") -> None:
    if len(done) % _TOLD_EACH == 0:
        note(f"{len(done)} cases have ended")


def _tell(outcomes: "Sequence[Outcome]", as_json: bool) -> None:
    """Each case that is not met, with what runs it again; faults that are open in one line each."""
    from bench.campaign.campaign import replay
    from bench.campaign.catalogue import FAULTS

    if as_json:
        say_json({"cases": [{name: getattr(outcome, name) for name in _TOLD} for outcome in outcomes]})
        return
    opened = {fault.id: fault.open for fault in FAULTS if fault.open}
    missed = [outcome for outcome in outcomes if not outcome.met]
    for outcome in missed:
        if outcome.fault not in opened:
            say(f"{replay(outcome)}  # {outcome.why}")
    for name in dict.fromkeys(outcome.fault for outcome in missed if outcome.fault in opened):
        say(f"{name} is open: {opened[name]}")
    applies = sum(outcome.applies for outcome in outcomes)
    say(f"{len(outcomes)} cases, {applies} apply, {applies - len(missed)} met, {len(missed)} not")

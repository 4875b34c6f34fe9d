"""``bench prove NAME``."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import exits
from bench.cli.operator import Aborted
from bench.cli.options import JsonOption
from bench.cli.perf import line_of
from bench.cli.terminal import note, say, say_json
from bench.cli.warming import prepare_compiled_code

if TYPE_CHECKING:
    from bench.service.proofs.proof import Proof


def command(
    name: Annotated[
        str,
        typer.Argument(
            help="What to prove: answers (no answer is taken for another's, whatever instruments and wires do), "
            "kills (a run survives kill -9 at any instant, and goes on), kills_in_wall_time (over real edges), "
            "plans (every shipped plan runs whole, passes and verifies), "
            "cycles (a million cycles, killed a hundred times, each counted once), "
            "endurance (400 hours in one run: as fast at the end as at the beginning, and in as much memory), "
            "detectors (with each detector switched off, the fault that it is there for is missed)."
        ),
    ],
    out: Annotated[
        Path, typer.Option(help="Where what has been proven is kept, case by case: an interrupted proof goes on.")
    ] = Path("proofs"),
    short: Annotated[bool, typer.Option("--short", help="Only a few of the cases.")] = False,
    json: JsonOption = False,
) -> int:
    """Prove a property over many cases, for as long as it takes. 1 when a case contradicts it."""
    from bench.service.proofs.by_name import find_proof
    from bench.service.proofs.proof import Ledger, carry_out

    proof = find_proof(name, {"detectors": _detectors})
    prepare_compiled_code(json)
    cases = proof.short if short else range(proof.cases)
    file = out / f"{proof.name}.jsonl"
    ledger = Ledger(file, proof.name)
    if known := sum(case in ledger.done for case in cases):
        note(f"{known} of {len(cases)} cases are in {file} already")
    try:
        rows = carry_out(proof, ledger, cases, lambda case, _figures: None if json else note(f"case {case} has ended"))
    except Aborted:
        note(f"interrupted; the same command goes on after {len(ledger.done)} cases")
        return exits.ABORTED
    met = all(row.met is not False for row in rows)
    if json:
        told = [{**asdict(row), "met": row.met} for row in rows]
        say_json({"name": name, "cases": len(cases), "rows": told, "proven": met})
    else:
        say(f"{proof.what}; {len(cases)} of {proof.cases} cases")
        for row in rows:
            say(line_of({**asdict(row), "met": row.met}))
        say("proven" if met else "contradicted; see above")
    return exits.PASSED if met else exits.FAILED


def _detectors() -> "Proof":
    from bench.campaign.prove_detectors import DETECTORS_PROOF

    return DETECTORS_PROOF

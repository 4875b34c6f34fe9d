"""``bench perf NAME``."""

from typing import Annotated, Any

import typer

from bench.cli.options import JsonOption
from bench.cli.terminal import say, say_json
from bench.cli.warming import prepare_compiled_code

HELP = (
    "What to measure: virtual (the whole stack in virtual time), jitter (cyclic frames beside a busy thread), "
    "log (a BLF file to columns), codec (frames, logs and databases against cantools; the core's cycle over signals), "
    "wire (benchwire with three receivers), instruments (drivers and emulators over sockets and in virtual time), "
    "record (the samples' stream against asammdf), steps (durable steps against bluesky), "
    "catalogue (a KPI over 10 000 runs)."
)


def command(
    name: Annotated[str, typer.Argument(help=HELP)],
    rounds: Annotated[
        int | None,
        typer.Option(min=1, help="How often; the median is told. [for figures to rely on: as each benchmark needs]"),
    ] = None,
    hours: Annotated[
        float | None,
        typer.Option(min=0.01, max=24.0, help="Only with virtual: so many hours of the night of drive cycles at once."),
    ] = None,
    json: JsonOption = False,
) -> int:
    """Measure this machine against the goals, each figure beside a control measured in the same run."""
    from dataclasses import asdict

    from bench.service.perf.by_name import run_benchmark

    prepare_compiled_code(json)
    rows = [{**asdict(row), "met": row.met} for row in run_benchmark(name, rounds, hours)]
    if json:
        say_json({"name": name, "rows": rows})
        return 0
    for row in rows:
        say(line_of(row))
    met = all(row["met"] is not False for row in rows)
    say("this machine is fit for a bench" if met else "this machine misses a goal; see above")
    return 0


def line_of(row: dict[str, Any]) -> str:
    """One row as text. A goal is one of the ratio where there is a control, else of the figure itself."""
    unit = row["unit"] if row["ratio"] is None else "x"
    goal = "" if row["goal"] is None else f"goal {row['goal']:g} {unit}: {'met' if row['met'] else 'missed'}"
    ratio = "" if row["ratio"] is None else f"{row['ratio']:10.3g} x control"
    return f"{row['what']:44} {row['value']:12.4g} {row['unit']:10} {ratio:20} {goal}"

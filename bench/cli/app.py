"""The command line as a whole: which commands there are, in the order of their use."""

from typing import Annotated

import typer

from bench.cli.can_group import app as can_group
from bench.cli.check import command as check
from bench.cli.doctor import command as doctor
from bench.cli.emulate import command as emulate
from bench.cli.export import command as export
from bench.cli.faults_group import app as faults_group
from bench.cli.note import command as note
from bench.cli.perf import command as perf
from bench.cli.prove import command as prove
from bench.cli.queue_group import app as queue_group
from bench.cli.recover import command as recover
from bench.cli.rehearse import command as rehearse
from bench.cli.report import command as report
from bench.cli.resume import command as resume
from bench.cli.run import command as run
from bench.cli.runs_group import app as runs_group
from bench.cli.schema import command as schema
from bench.cli.truth import command as truth
from bench.cli.verify import command as verify
from bench.cli.version import command as version

app = typer.Typer(
    name="bench",
    help="Test bench for electric drive units: efficiency maps with uncertainty, on a real bench or a virtual one.",
    epilog="Exit codes: 0 passed, 1 verdict failed, 2 bad input, 3 stopped by a limit or fault, "
    "4 aborted by the operator, 5 internal error.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _bench(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an internal error.")] = False,
) -> None:
    """Taken out of the arguments before they come here; listed for the help."""


app.command("run")(run)
app.command("resume")(resume)
app.command("recover")(recover)
app.command("check")(check)
app.command("rehearse")(rehearse)
app.command("report")(report)
app.command("note")(note)
app.command("verify")(verify)
app.command("schema")(schema)
app.command("export")(export)
app.command("truth")(truth)
app.command("emulate")(emulate)
app.command("doctor")(doctor)
app.command("perf")(perf)
app.command("prove")(prove)
app.add_typer(runs_group, name="runs")
app.add_typer(queue_group, name="queue")
app.add_typer(can_group, name="can")
app.add_typer(faults_group, name="faults")
app.command("version")(version)

"""The command line as a whole: which commands there are, in the order of their use."""

from typing import Annotated

import typer

from bench.cli import check, doctor, emulate, perf, report, run, truth, verify, version

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


app.command("run")(run.command)
app.command("check")(check.command)
app.command("report")(report.command)
app.command("verify")(verify.command)
app.command("truth")(truth.command)
app.command("emulate")(emulate.command)
app.command("doctor")(doctor.command)
app.command("perf")(perf.command)
app.command("version")(version.command)

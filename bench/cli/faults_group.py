"""``bench faults``: the catalogue of faults, and the campaign that tries them."""

import typer

from bench.cli.faults_list import command as list_faults
from bench.cli.faults_run import command as run

app = typer.Typer(help="Faults that the bench must survive: list, run.", no_args_is_help=True, rich_markup_mode=None)
app.command("list")(list_faults)
app.command("run")(run)

"""``bench runs``: commands about all runs of a folder."""

import typer

from bench.cli.runs_kpi import command as kpi
from bench.cli.runs_list import command as list_runs
from bench.cli.runs_sql import command as sql

app = typer.Typer(help="All runs of a folder: list, kpi, sql.", no_args_is_help=True, rich_markup_mode=None)
app.command("list")(list_runs)
app.command("kpi")(kpi)
app.command("sql")(sql)

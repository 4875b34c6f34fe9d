"""``bench queue``: plans that run one after the other while nobody waits."""

import typer

from bench.cli.queue_add import command as add
from bench.cli.queue_hold import hold, release
from bench.cli.queue_list import command as list_
from bench.cli.queue_remove import command as remove
from bench.cli.queue_run import command as run
from bench.cli.queue_unit import command as unit

app = typer.Typer(
    help="Plans one after the other: add, list, remove, hold, release, run, unit.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("add")(add)
app.command("list")(list_)
app.command("remove")(remove)
app.command("hold")(hold)
app.command("release")(release)
app.command("run")(run)
app.command("unit")(unit)

"""``bench can``: commands about CAN databases, logs and live buses."""

import typer

from bench.cli.can_decode import command as decode
from bench.cli.can_dump import command as dump
from bench.cli.can_lint import command as lint

app = typer.Typer(
    help="CAN databases, logs and live buses: lint, decode, dump.", no_args_is_help=True, rich_markup_mode=None
)
app.command("lint")(lint)
app.command("decode")(decode)
app.command("dump")(dump)

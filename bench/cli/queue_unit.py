"""``bench queue unit``."""

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from bench.base.errors import InputError, Problem
from bench.cli import exits
from bench.cli.queue_options import DEFAULT, QueueOption
from bench.cli.terminal import say

_PLAIN = re.compile(r"[\w/.:+-]+")
_UNIT = """\
[Unit]
Description=Queue of the test bench in {queue}
After=network-online.target
Wants=network-online.target

[Service]
Type=notify
ExecStart={bench} queue run --stay --queue {queue}{notify}
WorkingDirectory={folder}
# The runner gives a sign of life five times a second. Who is silent for a minute is killed and begun anew; the run that
# went on meanwhile is waited for, one that was killed is resumed where the rig allows it.
WatchdogSec=60
Restart=always
RestartSec=5
# The runner hands the wish to stop on, and the run walks down its stop ladder: nothing may cut that short.
KillMode=mixed
TimeoutStopSec=600
# The core of a run on hardware: a schedule of its own, and memory that stays where it is.
LimitRTPRIO=80
LimitMEMLOCK=infinity

[Install]
WantedBy=multi-user.target
"""


def command(
    queue: QueueOption = DEFAULT,
    notify: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Apprise configuration: where messages go.")
    ] = None,
) -> int:
    """Print a systemd unit that runs this queue, with a watchdog."""
    told = f" --notify {_word(notify)}" if notify else ""
    bench = _word(Path(sys.argv[0]))
    say(_UNIT.format(bench=bench, queue=_word(queue), folder=_word(queue.parent), notify=told).rstrip())
    return exits.PASSED


def _word(path: Path) -> str:
    """A path as systemd takes it in one word."""
    text = str(path.resolve())
    if not _PLAIN.fullmatch(text):
        raise InputError([Problem(text, 0, 0, "a path in a unit has letters, digits and / . _ - only; choose another")])
    return text

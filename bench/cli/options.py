"""Options that several commands share, and their readers."""

import enum
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.base.errors import InputError, Problem

if TYPE_CHECKING:
    from bench.sequence.pause.pauses import Scripted

PlanArgument = Annotated[str, typer.Argument(help="Test plan: a path, or the name of one that comes with the bench.")]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="Folder of a run.")]
RigOption = Annotated[str | None, typer.Option("--rig", help="Rig instead of the plan's: a path or a name.")]
DutOption = Annotated[str | None, typer.Option("--dut", help="DUT instead of the plan's: a path or a name.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Another value for a parameter of the plan (repeatable)."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, for machines.")]
CompactOption = Annotated[
    Path | None,
    typer.Option(
        "--compact",
        metavar="DIR",
        help="When the run is sealed, write its samples as Parquet and compressed MF4 into a folder of DIR, in the "
        "background.",
    ),
]

SEED_MAX = 2**63 - 1


WarmOption = Annotated[
    bool, typer.Option("--warm", help="The analyzer has been on for its warm-up time: the run need not wait for it.")
]


class WorldName(enum.StrEnum):
    """Where a plan runs."""

    VIRTUAL = "virtual"
    LOOPBACK = "loopback"
    HARDWARE = "hardware"


class InboxMode(enum.StrEnum):
    """What is kept of all that came into the core."""

    DIGEST = "digest"
    FULL = "full"


def settings_of(texts: list[str] | None) -> dict[str, str]:
    """``--set`` as name and text of the value. Raises ``InputError``."""
    found: dict[str, str] = {}
    for text in texts or ():
        name, equals, value = (part.strip() for part in text.partition("="))
        if not name or not equals or name in found:
            wrong = (
                "is set twice; take one out" if name in found else "write it as name=value, such as speed='3000 rpm'"
            )
            raise InputError([Problem(f"--set {text}", 0, 0, wrong)])
        found[name] = value
    return found


def start_of(text: str | None, default_s: int) -> int:
    """``--start`` as Unix seconds; without a zone it is UTC. Raises ``InputError``."""
    if text is None:
        return default_s
    try:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        start_s = int(moment.timestamp())
    except (ValueError, OverflowError):
        start_s = -1
    if start_s < 0:
        message = f"{text!r} is no time from 1970 on; write it like 2026-01-31T08:00:00Z"
        raise InputError([Problem("--start", 0, 0, message)])
    return start_s


def pauses_of(texts: Sequence[str]) -> "tuple[Scripted, ...]":
    """``--pause`` as wishes. Raises ``InputError``."""
    from bench.sequence.pause.pauses import read_script

    try:
        return tuple(read_script(texts))
    except ValueError as error:
        raise InputError([Problem("--pause", 0, 0, str(error))]) from None

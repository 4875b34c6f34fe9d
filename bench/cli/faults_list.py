"""``bench faults list``."""

from typing import Any

from bench.cli import exits
from bench.cli.options import JsonOption
from bench.cli.terminal import say, say_json


def command(json: JsonOption = False) -> int:
    """Every fault of the catalogue: who must notice it, how soon, what must then be true, where that is judged."""
    from bench.campaign.catalogue import FAULTS
    from bench.campaign.listing import listed

    rows = [listed(fault) for fault in FAULTS]
    if json:
        say_json(rows)
        return exits.PASSED
    for row in rows:
        say(_line(row))
    unmet = sum(bool(row["open"]) for row in rows)
    say(f"{len(rows)} faults, {unmet} of them open")
    return exits.PASSED


def _line(row: dict[str, Any]) -> str:
    budget = f"{row['budget_ms']:g} ms" if row["budget_ms"] else "-"
    where = f"open: {row['open']}" if row["open"] else row["judged"]
    return f"{row['fault']:5} {row['side']:8} {row['required']:9} {budget:>9}  {row['title']} [{where}]"

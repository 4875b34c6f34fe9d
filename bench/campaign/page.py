"""The table of a campaign as a page of the documentation."""

from collections.abc import Iterable, Sequence

from bench.campaign.campaign import replay, table
from bench.campaign.case import Outcome
from bench.campaign.catalogue import FAULTS
from bench.campaign.states import STATES

_HEAD = """\
<!-- Made by `bench faults run --table FILE`; run it again, do not change this page. -->
# The last fault campaign

Every fault of the catalogue in the ten states of the bench: *met* (noticed where it must be, in the required state,
within its budget), *-* (cannot come in this state), *open* (no way to bring it about, or no detector, yet), *loopback*
(judged by tests with real processes). `bench faults list` tells what each is.
"""


def page(outcomes: Sequence[Outcome]) -> str:
    """Markdown: figures, fault x state, what is not met and what is open."""
    cells = table(outcomes)
    applies = [outcome for outcome in outcomes if outcome.applies]
    met = sum(outcome.met for outcome in applies)
    told = f"\n{len(outcomes)} cases; {len(applies)} apply, {met} are met.\n\n"
    rows = ((f"{fault.id} {fault.title}", *cells[fault.id].values()) for fault in FAULTS)
    return _HEAD + told + _rows(("fault", *STATES), rows) + _misses(outcomes) + _open()


def _misses(outcomes: Iterable[Outcome]) -> str:
    opened = {fault.id for fault in FAULTS if fault.open}
    missed = [f"- `{replay(one)}`: {one.why}" for one in outcomes if not one.met and one.fault not in opened]
    return "\n## Not met\n\n" + "\n".join(missed or ["nothing"]) + "\n"


def _open() -> str:
    lines = [f"- {fault.id} {fault.title}: {fault.open}" for fault in FAULTS if fault.open]
    return "\n## Open\n\n" + "\n".join(lines or ["nothing"]) + "\n"


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)

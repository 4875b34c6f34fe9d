"""Which finished steps are done again after a break, since the bench was at rest meanwhile."""

from collections.abc import Iterable, Mapping

from bench.config.plan_nodes import Step
from bench.sequence.step import EVERYTHING, METER, SPEED, TORQUE, StepKind, commands_of
from bench.sequence.tree.place import Place


def again(prepared: Iterable[tuple[Place, Step]], kinds: Mapping[str, StepKind]) -> list[tuple[Step, Place]]:
    """Of all that has prepared the bench, in its order: the last of each kind for each set of things that it commands.
    What only waits for a state (``settle``) is done again if nothing that changes the bench comes after it."""
    last: dict[tuple[str, ...], tuple[Step, Place]] = {}
    for place, step in prepared:
        key = (step.kind, *commands_of(kinds[step.kind], step.parameters))
        last.pop(key, None)
        last[key] = step, place
    found = list(last.items())
    return [
        entry
        for number, (key, entry) in enumerate(found)
        if not _only_waits(key[1:]) or all(_only_waits(later[1:]) for later, _ in found[number + 1 :])
    ]


def moves(commands: tuple[str, ...]) -> bool:
    """Whether a step with these commands takes the bench to an operating point of its own."""
    return not {SPEED, TORQUE, EVERYTHING}.isdisjoint(commands)


def _only_waits(commands: tuple[str, ...]) -> bool:
    return set(commands) <= {METER}

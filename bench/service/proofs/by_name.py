"""Long proofs by name; each is resumable and is run outside the test suite, which runs a short form of it."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from bench.base.errors import InputError, Problem
from bench.config.suggest import suggestion
from bench.service.proofs.proof import Proof


def _answers() -> Proof:
    from bench.service.proofs.answers import ANSWERS

    return ANSWERS


def _kills() -> Proof:
    from bench.service.proofs.kills import KILLS

    return KILLS


def _cycles() -> Proof:
    from bench.service.proofs.cycles import CYCLES_PROOF

    return CYCLES_PROOF


def _endurance() -> Proof:
    from bench.service.proofs.endurance import ENDURANCE

    return ENDURANCE


def _plans() -> Proof:
    from bench.service.proofs.plans import PLANS_PROOF

    return PLANS_PROOF


def _kills_in_wall_time() -> Proof:
    from bench.service.proofs.kills import WALL_KILLS

    return WALL_KILLS


PROOFS: dict[str, Callable[[], Proof]] = {
    "answers": _answers,
    "kills": _kills,
    "kills_in_wall_time": _kills_in_wall_time,
    "plans": _plans,
    "cycles": _cycles,
    "endurance": _endurance,
}
"""By name; each imports what it needs only when it is run."""


def find_proof(name: str, more: Mapping[str, Callable[[], Proof]] = MappingProxyType({})) -> Proof:
    """The proof ``name``, one of ours or of ``more``. Raises ``InputError`` that names what there is."""
    every = {**PROOFS, **more}
    if name not in every:
        raise InputError([Problem(repr(name), 0, 0, f"no proof has this name; {suggestion(name, every)}")])
    return every[name]()

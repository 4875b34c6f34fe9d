"""Calibrations before a run on a real bench: what has expired is refused, unless it is overridden by name."""

from collections.abc import Sequence
from dataclasses import replace

from bench.base.errors import InputError, Problem
from bench.config.calibration import calibrations, expired
from bench.config.suggest import suggestion
from bench.service.preparation import Prepared

OPTION = "--override-calibration"


def allowed(prepared: Prepared, today: str, overridden: Sequence[str]) -> Prepared:
    """``prepared``, knowing what was overridden: it is journaled at arming, and uncertainties are ``assumed`` then.

    ``today``: such as 2031-12-31. Raises ``InputError`` for each expired calibration that is not in ``overridden``, and
    for names that no calibrated part of the rig has.
    """
    rig, context = prepared.blueprint.inputs.rig, prepared.blueprint.context
    known = [found.name for found in calibrations(rig.value)]
    problems = [
        Problem(OPTION, 0, 0, f"{name!r} has no calibration in this rig; {suggestion(name, known)}")
        for name in overridden
        if name not in known
    ]
    old = expired(rig.value, today)
    for name, path, certificate in old:
        if name not in overridden:
            told = f"the calibration of {name} expired on {certificate.due}"
            problems.append(rig.problem((*path, "due"), f"{told}; calibrate it, or run with {OPTION} {name}"))
    if problems:
        raise InputError(problems)
    if not old:
        return prepared
    used = tuple((found.name, found.certificate.number, found.certificate.due) for found in old)
    context = replace(context, overridden=used, budget=replace(context.budget, basis="assumed"))
    return replace(prepared, blueprint=replace(prepared.blueprint, context=context))

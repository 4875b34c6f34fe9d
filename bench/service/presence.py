"""Whether a run may be left alone: the presence policy of its rig, asked before anything is energised."""

import time

from bench.base.errors import InputError
from bench.service.expected import expect
from bench.service.preparation import Prepared


def require_allowed(prepared: Prepared, now: time.struct_time, *, resuming: bool = False) -> None:
    """Raises ``InputError`` where nobody may leave the run alone that begins at ``now`` (the bench's local time).

    ``resuming``: it goes on from an interrupted one.
    """
    inputs = prepared.blueprint.inputs
    policy, begin_s = inputs.rig.value.unattended, now.tm_hour * 3600 + now.tm_min * 60 + now.tm_sec
    duration_s = expect(prepared.blueprint).duration_s
    told = policy.refusal(begin_s, duration_s)
    if not told and resuming and not policy.resume:
        told = "this rig resumes nothing unattended; stay with the run, or set 'resume: true'"
    if told:
        raise InputError([inputs.rig.problem(("unattended",), told)])

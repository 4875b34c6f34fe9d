"""Whether a run may be left alone: the presence policy of its rig, asked before anything is energised."""

import time

from bench.base.errors import InputError
from bench.sequence.steps.prompt import Prompt
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
    for path, step in inputs.plan.value.paths():
        if step.kind == Prompt.name and step.parameters.on_timeout == "hold":
            told = "nobody is there to answer, and the bench would stay where it is; write 'default' or 'fail'"
            raise InputError([inputs.plan.problem((*path, "on_timeout"), told)])

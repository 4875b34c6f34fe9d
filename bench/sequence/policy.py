"""What becomes of a step that has waited in vain: the plan says it."""

from typing import Literal

from bench.sequence.verdict import FAILED, StepVerdict

Policy = Literal["fail", "flag", "go_on"]
"""``fail``: the step fails; ``flag``: the plan goes on, and what is measured here is flagged; ``go_on``: it goes on."""


def verdict_of(reason: str, policy: Policy) -> StepVerdict:
    """The step's verdict; a reason that does not fail it is told with it."""
    if not reason:
        return StepVerdict()
    return StepVerdict(FAILED, (reason,)) if policy == "fail" else StepVerdict(reasons=(reason,))

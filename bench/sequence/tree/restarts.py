"""Whether a plan's rule may go on after a failure: how often, and after which stops."""

from dataclasses import dataclass, field

from bench.base.time import NS_PER_S
from bench.config.plan_nodes import Rule
from bench.core.causes import restartable
from bench.sequence.failures import Failed

RETRY, SKIP = "retry", "skip"
RESTARTS_MAX = 5
"""Of one cause, in 24 hours: what comes back that often is no accident."""
_DAY_NS = 24 * 3600 * NS_PER_S


@dataclass(slots=True)
class Restarts:
    """The restarts of one run: when, by cause."""

    times_ns: dict[int, list[int]] = field(default_factory=dict)

    def decide(self, failed: Failed, rule: Rule, attempt: int, t_ns: int) -> str:
        """``retry``, ``skip``, or empty: it ends the plan. ``attempt`` counts from 0. A step that failed while the
        bench is at work stops nothing, so nothing has to be restarted."""
        action = RETRY if attempt < rule.retry else SKIP if rule.then == "skip" else ""
        if not action or failed.at_work:
            return action
        if failed.error is not None or failed.report is not None or not restartable(failed.cause):
            return ""
        recent = [known for known in self.times_ns.get(failed.cause, []) if known > t_ns - _DAY_NS]
        if len(recent) >= RESTARTS_MAX:
            return ""
        self.times_ns[failed.cause] = [*recent, t_ns]
        return action

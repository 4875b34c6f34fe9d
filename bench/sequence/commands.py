"""Commands to the core as requests of a job."""

from bench.core import inbox
from bench.schedule.requests import Command


def arm() -> Command:
    """From now on set-points are accepted."""
    return Command(inbox.arm())


def reset() -> Command:
    """Forget a finished, unlatched stop."""
    return Command(inbox.reset())


def stop(cause_code: int, stop_class: int = 1) -> Command:
    """Ask the core for a stop; it walks the ladder by itself."""
    return Command(inbox.stop_now(cause_code, stop_class))

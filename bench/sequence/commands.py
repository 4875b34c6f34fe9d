"""Commands to the core as requests; each is one ``INBOX`` record of kind ``COMMAND``."""

import numpy as np

from bench.base.records import CMD_ARM, CMD_RESET, CMD_STOP, COMMAND, INBOX
from bench.schedule.requests import Command


def _command(code: int, value: float = 0.0, identity: int = 0) -> Command:
    record = np.zeros(1, INBOX)
    record["kind"] = COMMAND
    record["length"] = code
    record["value"] = value
    record["id"] = identity
    return Command(record)


def arm() -> Command:
    """From now on set-points are accepted."""
    return _command(CMD_ARM, 1.0)


def reset() -> Command:
    """Forget a finished, unlatched stop."""
    return _command(CMD_RESET)


def stop(cause_code: int, stop_class: int = 1) -> Command:
    """Ask the core for a stop; it walks the ladder by itself."""
    return _command(CMD_STOP, float(stop_class), cause_code)

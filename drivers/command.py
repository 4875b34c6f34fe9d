"""One row of a driver's command table: the text, what it is for, and where that is written."""

from typing import NamedTuple

UNVERIFIED = "unverified"
"""No page at hand: check on hardware before trusting it."""


class Command(NamedTuple):
    """``source`` is a manual's page, or ``unverified`` with the reason."""

    text: str
    purpose: str
    source: str

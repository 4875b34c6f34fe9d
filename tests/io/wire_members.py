"""Members of a benchwire of one test."""

from pathlib import Path

import can

from bench.io.benchwire import BenchwireBus


def member(folder: Path, **options: object) -> BenchwireBus:
    """One of the members of the wire in ``folder``."""
    return BenchwireBus("t", folder=folder, **options)  # type: ignore[arg-type]


def frame(identifier: int, data: bytes = b"") -> can.Message:
    """A data frame."""
    return can.Message(arbitration_id=identifier, is_extended_id=False, data=data)

"""Frames of ECUs that a drive unit expects on its bus and that are not on the bench: the core sends them."""

from typing import Annotated

from pydantic import Field

from bench.config.file_model import FileModel
from bench.config.quantity import Seconds

SignalValue = bool | float | str
"""A number in the signal's unit, or the word that the database has for it."""


class RestbusFrame(FileModel):
    """One message of the DUT's database, sent with these values as long as the core runs."""

    values: dict[str, SignalValue] = Field(default_factory=dict)
    """By signal; the others have the database's start value (GenSigStartValue)."""
    period: Annotated[Seconds, Field(gt=0, le=60)] | None = None
    """Where the database has no cycle time, or another is wanted."""
    data_id: Annotated[int, Field(ge=0, le=0xFFFF_FFFF)] | None = None
    """Of the end-to-end protection, where the database does not have it or has another."""

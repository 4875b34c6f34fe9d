"""A CAN bus of a rig file."""

from typing import Annotated, Literal

from pydantic import Field

from bench.config.file_model import FileModel
from bench.config.names import Name, Reference


class CanBus(FileModel):
    """A CAN channel of the bench and the database it speaks."""

    bus: Annotated[int, Field(ge=0, le=7)]
    """Number in frames and tables."""
    role: Literal["dut", "bench_io"]
    interface: Name
    """Interface name of python-can."""
    channel: Annotated[str, Field(min_length=1, max_length=200)]
    bitrate: Literal[125_000, 250_000, 500_000, 1_000_000]
    dbc: Reference | None = None
    """Name or path; none: the DUT's own."""

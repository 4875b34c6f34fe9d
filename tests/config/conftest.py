"""A plan and step kinds for the tests of this room; short, and independent of the real steps."""

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

from bench.config.file_model import FileModel
from bench.config.grid import Fractions, ListedPoint, Speeds
from bench.config.limits import ChannelName
from bench.config.quantity import DegC, DegCSpan, Kelvin, Seconds


class Stable(FileModel):
    """Criterion."""

    channel: ChannelName
    range: Annotated[Kelvin, Field(gt=0)]
    window: Seconds


class Soak(FileModel):
    """Soak."""

    coolant: DegC
    stable: Stable
    timeout: Seconds = 60.0


class Grid(FileModel):
    """Map."""

    speeds: Speeds
    fractions: Fractions
    order: Literal["snake", "as_listed"] = "snake"
    winding: DegCSpan | None = None
    points: tuple[ListedPoint, ...] = ()


KINDS: dict[str, type[BaseModel]] = {"soak": Soak, "grid": Grid}

PLAN = """\
plan: demo
title: A plan
dut: gen5_bev
rig: e_axle_demo
allowance: 5 %
steps:
  - soak:
      coolant: 65 °C
      stable: {channel: dut.winding_temp, range: 1 K, window: 60 s}
      timeout: 45 min
  - grid:
      speeds: {from: 500 rpm, to: 13000 rpm, count: 15}
      fractions: [1.0, 0.5, -0.5]
      winding: 20..140 °C
"""


@pytest.fixture
def plan_text() -> str:
    """A short plan without mistakes."""
    return PLAN


@pytest.fixture
def kinds() -> dict[str, type[BaseModel]]:
    """The kinds of steps that it knows."""
    return KINDS

"""How a rig stops: rates, thresholds and deadlines of the ladder."""

from typing import Annotated

from pydantic import Field

from bench.config.file_model import FileModel
from bench.config.quantity import (
    Amperes,
    Percent,
    Seconds,
    SpeedRate,
    SpeedRpm,
    TorqueRate,
    VoltRate,
    Volts,
    Watts,
)


class Stopping(FileModel):
    """Figures of the controlled stop, rung by rung; each rung is confirmed by a sensor other than its actor."""

    torque_rate: Annotated[TorqueRate, Field(gt=0)]
    """Of the DUT's torque, at the motor shaft."""
    flange_torque: Annotated[Percent, Field(gt=0, le=10)]
    """Torque counts as zero below this share of the flange's nominal torque."""
    no_load_power: Annotated[Watts, Field(gt=0)]
    """Margin above the no-load power at the speed of the moment."""
    torque_timeout: Annotated[Seconds, Field(gt=0)]
    speed_rate: Annotated[SpeedRate, Field(gt=0)]
    """Of the dynos, at the half-shaft (layout motor: at the motor)."""
    standstill: Annotated[SpeedRpm, Field(gt=0)]
    speed_timeout: Annotated[Seconds, Field(gt=0)]
    inverter_timeout: Annotated[Seconds, Field(gt=0)]
    voltage_rate: Annotated[VoltRate, Field(gt=0)]
    output_timeout: Annotated[Seconds, Field(gt=0)]
    contactor_current: Annotated[Amperes, Field(gt=0)]
    """Contactors are opened below it."""
    contactor_timeout: Annotated[Seconds, Field(gt=0)]
    safe_voltage: Annotated[Volts, Field(gt=0, le=60)]
    """Below it, on both sides of the contactors and by two independent sources, the DUT counts as discharged."""
    discharge_timeout: Annotated[Seconds, Field(gt=0)]
    cooling_after: Annotated[Seconds, Field(ge=0)]
    """How long coolant and oil run on."""

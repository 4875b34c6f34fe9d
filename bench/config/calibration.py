"""Calibrations of a rig: which of its parts have a certificate, and until when it is good."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from bench.config.file_model import FileModel
from bench.config.names import Day

if TYPE_CHECKING:
    from bench.config.rig import Rig


class Certificate(FileModel):
    """The calibration in force."""

    number: str
    due: Day
    """The last day of its validity. An expired certificate blocks arming on a real bench."""


class Calibration(NamedTuple):
    """A certificate with the name of what it belongs to, and its place in the rig file."""

    name: str
    path: tuple[str, ...]
    certificate: Certificate


def calibrations(rig: "Rig") -> Iterator[Calibration]:
    """All certificates of a rig: ``analyzer``, ``sensor_dc`` (the current sensor of an element), ``flange_l``."""
    if rig.analyzer.certificate is not None:
        yield Calibration("analyzer", ("analyzer", "certificate"), rig.analyzer.certificate)
    for element, found in rig.analyzer.elements.items():
        if found.sensor is not None and found.sensor.certificate is not None:
            path = ("analyzer", "elements", element, "sensor", "certificate")
            yield Calibration(f"sensor_{element}", path, found.sensor.certificate)
    for name, flange in rig.flanges.items():
        if flange.certificate is not None:
            yield Calibration(name, ("flanges", name, "certificate"), flange.certificate)


def expired(rig: "Rig", today: str) -> list[Calibration]:
    """Those that are no longer good; ``today``: a day as ``Day`` writes it."""
    return [found for found in calibrations(rig) if found.certificate.due < today]

"""A smooth surface through measured points, on a grid that follows the torque envelope.

Torque is counted as a fraction of the envelope at its speed, so that the map ends exactly where the unit does. What is
interpolated (piecewise cubic on triangles) is the loss that an efficiency means at its torque and speed: smooth where
the efficiency itself falls steeply. A low polynomial of torque and speed carries its bulk and only the rest is
interpolated; so the surface meets every measured value, does not swing near zero and has no kink at base speed.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from matplotlib.tri import CubicTriInterpolator, LinearTriInterpolator, Triangulation
from numpy.typing import NDArray

from bench.report.model import Envelope, ReportModel

Floats = NDArray[np.float64]
_SPEEDS, _FRACTIONS = 121, 61
_POINTS_MIN = 4
_CUBIC_POINTS_MIN = 12


class Surface(NamedTuple):
    """``value[j, i]`` at ``speed_rpm[j, i]``, ``torque_nm[j, i]``; NaN outside of what was measured."""

    speed_rpm: Floats
    torque_nm: Floats
    value: Floats


def envelope_of(model: ReportModel) -> Envelope:
    """The DUT's envelope, or the hull of the points where nobody told it."""
    if model.envelope is not None:
        return model.envelope
    speed, torque = model.column("speed_rpm", False), model.column("torque_nm", False)
    speeds = tuple(float(value) for value in np.unique(speed))
    high = tuple(max(float(torque[speed == value].max()), 1.0) for value in speeds)
    low = tuple(min(float(torque[speed == value].min()), -1.0) for value in speeds)
    return Envelope(speeds, high, low)


def edge(envelope: Envelope, speed_rpm: Floats, regenerating: bool) -> Floats:
    """The envelope's torque at each speed, Nm (negative when regenerating)."""
    curve = envelope.torque_min_nm if regenerating else envelope.torque_max_nm
    return np.interp(np.abs(speed_rpm), envelope.speed_rpm, curve)


def efficiency_surface(model: ReportModel, name: str, regenerating: bool) -> Surface | None:
    """The efficiency ``name`` (0..1) of one direction; ``None`` with too few points."""
    eta = model.column(name)
    power = np.abs(model.column("torque_nm") * model.column("speed_rpm"))
    with np.errstate(invalid="ignore", divide="ignore"):
        loss = ((1.0 - eta) if regenerating else (1.0 / eta - 1.0)) * power
        loss[eta <= 0.0] = np.nan
    surface = _surface(model, loss, regenerating)
    if surface is None:
        return None
    share = surface.value / np.abs(surface.torque_nm * surface.speed_rpm)
    return surface._replace(value=1.0 - share if regenerating else 1.0 / (1.0 + share))


def plain_surface(model: ReportModel, name: str, regenerating: bool) -> Surface | None:
    """Any column that is smooth by itself, such as a loss in W."""
    return _surface(model, model.column(name), regenerating)


def _surface(model: ReportModel, values: Floats, regenerating: bool) -> Surface | None:
    speed, torque = model.column("speed_rpm"), model.column("torque_nm")
    with np.errstate(invalid="ignore"):
        keep = np.isfinite(values) & ((torque < 0) if regenerating else (torque > 0))
    speed, torque, values = speed[keep], torque[keep], values[keep]
    if len(values) < _POINTS_MIN or len(np.unique(speed)) < 2 or len(np.unique(torque)) < 2:
        return None
    envelope = envelope_of(model)
    # set-points are rounded; on a grid of 1/400 the rows stay straight and the map's rim smooth
    fraction = np.round(400.0 * np.abs(torque / edge(envelope, speed, regenerating))) / 400.0
    if _on_a_line(speed, fraction):
        return None
    grid_speed, grid_fraction = np.meshgrid(_inside(speed, _SPEEDS), _inside(fraction, _FRACTIONS))
    torque_nm = grid_fraction * edge(envelope, grid_speed, regenerating)
    bulk = _bulk(speed, torque, values)
    scale = float(speed.max())
    mesh = Triangulation(speed / scale, fraction)
    rest = values - bulk(speed, torque)
    cubic = len(values) >= _CUBIC_POINTS_MIN
    surface = CubicTriInterpolator(mesh, rest, kind="geom") if cubic else LinearTriInterpolator(mesh, rest)
    found = np.ma.filled(surface(grid_speed / scale, grid_fraction), np.nan)
    return Surface(grid_speed, torque_nm, found + bulk(grid_speed, torque_nm))


def _on_a_line(x: Floats, y: Floats) -> bool:
    """Points between which there is nothing: one fraction of the envelope at every speed."""
    apart = [(values - values.mean()) / (np.ptp(values) or 1.0) for values in (x, y)]
    return int(np.linalg.matrix_rank(np.stack(apart), tol=1e-6 * len(x))) < 2


def _bulk(speed: Floats, torque: Floats, values: Floats) -> Callable[[Floats, Floats], Floats]:
    """The best low polynomial in speed and torque, terms of a loss by importance, half as many as there are points."""
    n, t = float(np.abs(speed).max()), float(np.abs(torque).max())

    def terms(speed: Floats, torque: Floats) -> Floats:
        x, y = speed / n, np.abs(torque) / t
        every = (np.ones_like(x), y * y, x, x * y, x * x, y, x * y * y, x * x * y)
        return np.stack(every[: len(values) // 2], axis=-1)

    basis = terms(speed, torque)
    found = np.linalg.lstsq(basis, values, rcond=None)[0]
    return lambda speed, torque: np.asarray(terms(speed, torque) @ found)


def _inside(values: Floats, count: int) -> Floats:
    """A range just inside of ``values``: rounding must not put the grid's rim outside of the triangles."""
    low, high = float(values.min()), float(values.max())
    inset = 1e-6 * (high - low)
    return np.linspace(low + inset, high - inset, count)

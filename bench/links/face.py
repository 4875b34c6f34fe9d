"""What a link sees of the core: the values of its set-points, nothing else."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bench.base.quality import GOOD


class Face(Protocol):
    """The core's set-points as they are now."""

    def values(self, names: tuple[str, ...]) -> NDArray[np.float64]:
        """One value per name, in order; NaN where the core has given none. The caller must not keep the array."""


class ImageFace:
    """A ``Face`` on the process image (``IMAGE`` records), in this process or in shared memory."""

    def __init__(self, image: NDArray[np.void], index_of: Callable[[str], int]) -> None:
        self._values: NDArray[np.float64] = image["value"]
        self._qualities: NDArray[np.uint8] = image["quality"]
        self._index_of = index_of
        self._places: dict[tuple[str, ...], NDArray[np.intp]] = {}

    def values(self, names: tuple[str, ...]) -> NDArray[np.float64]:
        """See ``Face``. Raises ``KeyError`` for an unknown name."""
        places = self._places.get(names)
        if places is None:
            places = self._places[names] = np.array([self._index_of(name) for name in names], np.intp)
        taken = self._values.take(places)
        qualities = self._qualities.take(places)
        if qualities.any():
            taken[qualities != GOOD] = np.nan
        return taken

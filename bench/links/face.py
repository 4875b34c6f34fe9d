"""What a link sees of the core: the values of its set-points, nothing else."""

import math
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bench.base.quality import GOOD


class Face(Protocol):
    """The core's set-points as they are now."""

    def values(self, names: tuple[str, ...]) -> Sequence[float]:
        """One value per name, in order; NaN where the core has given none."""


class ImageFace:
    """A ``Face`` on the process image (``IMAGE`` records), in this process or in shared memory."""

    def __init__(self, image: NDArray[np.void], index_of: Callable[[str], int]) -> None:
        # single items of a few channels: a tenth of the time that numpy needs to gather them
        self._value: Callable[[int], float] = image["value"].item
        self._quality: Callable[[int], int] = image["quality"].item
        self._index_of = index_of
        self._places: dict[tuple[str, ...], tuple[int, ...]] = {}

    def values(self, names: tuple[str, ...]) -> list[float]:
        """See ``Face``. Raises ``KeyError`` for an unknown name."""
        places = self._places.get(names)
        if places is None:
            places = self._places[names] = tuple(self._index_of(name) for name in names)
        value, quality = self._value, self._quality
        return [value(i) if quality(i) == GOOD else math.nan for i in places]

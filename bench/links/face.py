"""What a link sees of the core: the values of its set-points, nothing else."""

import math
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bench.base.quality import GOOD


class Face(Protocol):
    """The core's set-points as they are now."""

    def reader(self, names: tuple[str, ...]) -> Callable[[], Sequence[float]]:
        """What reads one value per name, in order; NaN where the core has given none.

        Raises ``KeyError`` for an unknown name.
        """


class ImageFace:
    """A ``Face`` on the process image (``IMAGE`` records), in this process or in shared memory."""

    def __init__(self, image: NDArray[np.void], index_of: Callable[[str], int]) -> None:
        # single items of a few channels: a tenth of the time that numpy needs to gather them
        self._value: Callable[[int], float] = image["value"].item
        self._quality: Callable[[int], int] = image["quality"].item
        self._index_of = index_of

    def reader(self, names: tuple[str, ...]) -> Callable[[], list[float]]:
        """See ``Face``."""
        places = tuple(self._index_of(name) for name in names)
        value, quality, nan = self._value, self._quality, math.nan
        return lambda: [value(i) if quality(i) == GOOD else nan for i in places]

"""Analyzers without an item table: each question names what it wants, and all answers of an update belong together."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.emulators.instruments.analyzer_model import Item
from bench.emulators.instruments.analyzer_peer import AnalyzerPeer


class AskedItemsPeer(AnalyzerPeer):
    """Base of those."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._places: dict[Item, int] = {}
        self._snapshot: NDArray[np.float64] | None = None

    def renew(self) -> None:
        """What is asked from now on belongs to the latest update."""
        self._snapshot = None

    def shown(self, item: Item, t_ns: int) -> float:
        """One value of the update: NaN is no data, infinity over-range."""
        place = self._places.get(item)
        if place is None:
            place = self._places[item] = len(self._places)
            self.setup.items = list(self._places)
            self.setup.shown = len(self._places)
            self.changed()
            self.renew()
        if self._snapshot is None:
            self._snapshot = self.measure(t_ns).values.copy()
        return float(self._snapshot[place])

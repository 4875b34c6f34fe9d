"""The open test bench controller for electric drive units."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.service.notebook import open_instrument as open

__all__ = ["open"]


def __getattr__(name: str) -> object:
    """``bench.open``: one instrument by itself, for notebooks (``bench.service.notebook``); loaded when it is used."""
    if name == "open":
        from bench.service.notebook import open_instrument

        return open_instrument
    raise AttributeError(f"module 'bench' has no attribute {name!r}")

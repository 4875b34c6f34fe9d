"""CAN: databases, codec, protection, the modelled wire."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.canbus.database import Database

__all__ = ["Database"]


def __getattr__(name: str) -> Any:
    """``Database`` on demand: whoever needs another part of this package does not wait for it."""
    if name == "Database":
        from bench.canbus.database import Database

        return Database
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

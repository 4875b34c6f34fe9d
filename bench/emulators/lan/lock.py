"""Who may speak to an instrument: everybody, one alone, or all who know a key (IVI-6.1, 5; VXI-11, B.4.3)."""

from typing import Generic, TypeVar

Holder = TypeVar("Holder")


class Lock(Generic[Holder]):
    """An exclusive lock, a shared one with a key, or both: then only the one of the sharers that has it speaks."""

    def __init__(self) -> None:
        self.exclusive: Holder | None = None
        self.sharers: list[Holder] = []
        self._key = ""

    def lets(self, holder: Holder) -> bool:
        """Whether ``holder`` may speak now."""
        if self.exclusive is not None:
            return self.exclusive is holder
        return not self.sharers or holder in self.sharers

    def take(self, holder: Holder, key: str = "") -> bool:
        """Take the shared lock of ``key``, or without a key the exclusive one; whether it was free for ``holder``."""
        fits = not self.sharers or (key == self._key if key else holder in self.sharers)
        if self.exclusive not in (None, holder) or not fits:
            return False
        if not key:
            self.exclusive = holder
        elif holder not in self.sharers:
            self._key = key
            self.sharers.append(holder)
        return True

    def holds(self, holder: Holder, key: str = "") -> bool:
        """Whether ``holder`` has the lock that ``take`` would give."""
        return holder in self.sharers if key else self.exclusive is holder

    def release(self, holder: Holder) -> str:
        """Give up the last lock taken: ``exclusive``, ``shared``, or nothing if there was none."""
        if self.exclusive is holder:
            self.exclusive = None
            return "exclusive"
        if holder in self.sharers:
            self.sharers.remove(holder)
            return "shared"
        return ""

    def __len__(self) -> int:
        """How many hold one."""
        alone = self.exclusive is not None and self.exclusive not in self.sharers
        return len(self.sharers) + alone

"""Messages to people, kept until they are sent: an outage loses none and doubles none.

Every message has a key; one that is known already is not taken again. ``sending`` stands in the journal before a
message goes out, ``sent`` or ``failed`` after. Only a break between the two leaves it open whether it arrived: it is
sent once more then, and says so.
"""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from bench.base.time import NS_PER_S
from bench.record.journal import JournalRecord
from bench.record.shared_journal import SharedJournal

_FIRST_NS, _LONGEST_NS = 30 * NS_PER_S, 600 * NS_PER_S
"""Between two tries: doubled from the first to the longest."""
_AGAIN = "(sent again: a break left it open whether it had arrived)"


class Message(NamedTuple):
    """``key`` is its own for ever; ``priority``: low, normal or high."""

    key: str
    title: str
    text: str
    priority: str = "normal"


class Sender(Protocol):
    """Who brings messages to people. Raises whatever, when one did not get out."""

    def __call__(self, message: Message) -> None: ...


Submit = Callable[[Callable[[], None]], "Future[None]"]
"""Does work beside the caller: a slow network must not hold up who watches over a run."""


@dataclass(slots=True)
class _Standing:
    """Of one message: whether it is sent, and whether a break has left it open."""

    message: Message
    sent: bool = False
    open: bool = False


def _standing(records: list[JournalRecord]) -> dict[str, _Standing]:
    found: dict[str, _Standing] = {}
    for record in records:
        key = record.data["key"]
        match record.event:
            case "message":
                found[key] = _Standing(Message(**record.data))
            case "sending":
                found[key].open = True
            case "sent":
                found[key].sent, found[key].open = True, False
            case "failed":
                found[key].open = False
    return found


class Outbox:
    """``put`` messages, and call ``step`` often."""

    def __init__(self, journal: SharedJournal, sender: Sender, submit: Submit) -> None:
        """The only one who writes to ``journal``."""
        records, self._journal = journal.taken_over()
        self._sender = sender
        self._submit = submit
        standing = _standing(records)
        self._waiting = [one for one in standing.values() if not one.sent]
        self._known = set(standing)
        self._going: Future[None] | None = None
        self._due_ns, self._pause_ns = 0, _FIRST_NS

    @property
    def unsent(self) -> int:
        """How many messages wait."""
        return len(self._waiting)

    def put(self, now_ns: int, message: Message) -> bool:
        """Keep it, durably; ``False`` where its key is known."""
        if message.key in self._known:
            return False
        self._journal.append(now_ns, "message", message._asdict())
        self._known.add(message.key)
        self._waiting.append(_Standing(message))
        return True

    def step(self, now_ns: int) -> None:
        """Send what is due, one after the other; take note of what has become of the last one."""
        if self._going is not None:
            if not self._going.done():
                return
            self._settle(now_ns, self._going)
        if self._waiting and now_ns >= self._due_ns:
            first = self._waiting[0]
            again, message = first.open, first.message
            shown = message._replace(text=f"{message.text} {_AGAIN}") if again else message
            self._note(now_ns, "sending", message.key)
            first.open = True
            self._going = self._submit(lambda: self._sender(shown))

    def _settle(self, now_ns: int, going: "Future[None]") -> None:
        self._going = None
        first = self._waiting[0]
        error = going.exception()
        if error is None:
            self._note(now_ns, "sent", first.message.key)
            self._waiting.pop(0)
            self._due_ns, self._pause_ns = now_ns, _FIRST_NS
        else:
            self._note(now_ns, "failed", first.message.key, error=str(error) or type(error).__name__)
            first.open = False
            self._due_ns = now_ns + self._pause_ns
            self._pause_ns = min(2 * self._pause_ns, _LONGEST_NS)

    def _note(self, now_ns: int, event: str, key: str, **more: Any) -> None:
        self._journal.append(now_ns, event, {"key": key, **more})

    def close(self) -> None:
        """Let go of the journal; what is not sent stays in it."""
        self._journal.close()

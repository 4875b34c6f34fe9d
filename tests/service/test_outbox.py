"""Messages: none is lost and none is doubled by an outage; a break at any instant loses none."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress

from bench.base.time import NS_PER_S
from bench.record.shared_journal import SharedJournal
from bench.record.storage import MemoryStorage
from bench.service.queue.outbox import Message, Outbox

MINUTE = 60 * NS_PER_S


@contextmanager
def alone() -> Iterator[None]:
    yield


class Network:
    """People behind a network that may be out."""

    def __init__(self) -> None:
        self.out = False
        self.tries = 0
        self.got: list[Message] = []

    def __call__(self, message: Message) -> None:
        self.tries += 1
        if self.out:
            raise ConnectionError("no route to host")
        self.got.append(message)

    @property
    def keys(self) -> list[str]:
        return [message.key for message in self.got]


def at_once(work: Callable[[], None]) -> "Future[None]":
    done: Future[None] = Future()
    try:
        done.set_result(work())
    except Exception as error:
        done.set_exception(error)
    return done


def outbox(storage: MemoryStorage, network: Network) -> Outbox:
    return Outbox(SharedJournal(storage, "outbox.jsonl", alone), network, at_once)


def test_a_message_is_sent_once_however_often_it_is_put() -> None:
    storage, network = MemoryStorage(), Network()
    box = outbox(storage, network)
    assert box.put(0, Message("a", "hello", "text")) and not box.put(1, Message("a", "hello", "text"))
    for n in range(5):
        box.step(n * NS_PER_S)
    again = outbox(storage, network)
    assert not again.put(9 * NS_PER_S, Message("a", "hello", "text"))
    again.step(10 * NS_PER_S)
    assert network.keys == ["a"] and again.unsent == 0


def test_an_outage_of_half_an_hour_loses_nothing_and_doubles_nothing() -> None:
    network = Network()
    box = outbox(MemoryStorage(), network)
    for second in range(3600):
        network.out = 600 <= second < 2400
        if second % 60 == 0:
            box.put(second * NS_PER_S, Message(f"m{second // 60}", "title", "text"))
        box.step(second * NS_PER_S)
        if second == 2300:
            tries_in_outage = network.tries - 10
    assert network.keys == [f"m{n}" for n in range(60)], "in order, each once"
    assert tries_in_outage < 12, "ever less often"
    assert box.unsent == 0


def test_after_an_outage_the_next_try_comes_within_ten_minutes() -> None:
    network = Network()
    network.out = True
    box = outbox(MemoryStorage(), network)
    box.put(0, Message("a", "title", "text"))
    for minute in range(24 * 60):
        box.step(minute * MINUTE)
    network.out = False
    for minute in range(24 * 60, 24 * 60 + 11):
        box.step(minute * MINUTE)
    assert network.keys == ["a"]


class Killed(Exception):
    """The process is gone."""


def test_a_break_at_any_instant_loses_nothing_and_what_may_be_doubled_says_so() -> None:
    whole = _life(None)[0]
    for cut in range(1, whole):
        _, storage, network = _life(cut)
        box = outbox(storage.after_power_cut(), network)
        for key in "abc":
            box.put(0, Message(key, "title", "text"))
        for minute in range(30):
            box.step(minute * MINUTE)
        assert set(network.keys) == set("abc"), cut
        doubled = [message for message in network.got if network.keys.count(message.key) > 1]
        assert len(doubled) in (0, 2)
        if doubled:
            assert doubled[0].text == "text" and doubled[1].text.startswith("text (sent again: a break left it open")


def _life(cut: int | None) -> tuple[int, MemoryStorage, Network]:
    """Three messages; the process dies at its instant number ``cut`` (of syncs and sendings). How many there were."""
    storage, network, instants = MemoryStorage(), Network(), 0

    def instant() -> None:
        nonlocal instants
        instants += 1
        if instants == cut:
            raise Killed

    def dying(work: Callable[[], None]) -> "Future[None]":
        instant()
        done = at_once(work)
        instant()
        return done

    box = Outbox(SharedJournal(storage, "outbox.jsonl", alone), network, dying)
    file = storage.files["outbox.jsonl"]
    sync = file.sync

    def synced() -> None:
        instant()
        sync()
        instant()

    file.sync = synced  # type: ignore[method-assign]
    with suppress(Killed):
        for n, key in enumerate("abc"):
            box.put(n, Message(key, "title", "text"))
        for second in range(20):
            box.step(second * NS_PER_S)
    return instants, storage, network


def test_a_slow_network_holds_nobody_up() -> None:
    going: list[Future[None]] = []

    def slowly(_work: Callable[[], None]) -> "Future[None]":
        going.append(Future())
        return going[-1]

    box = Outbox(SharedJournal(MemoryStorage(), "outbox.jsonl", alone), Network(), slowly)
    box.put(0, Message("a", "title", "text"))
    box.put(0, Message("b", "title", "text"))
    for second in range(100):
        box.step(second * NS_PER_S)
    assert len(going) == 1 and box.unsent == 2
    going[0].set_result(None)
    box.step(101 * NS_PER_S)
    assert len(going) == 2 and box.unsent == 1

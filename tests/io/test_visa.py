"""VISA links (PyVISA, pyvisa-py) against the instrument server over real sockets: good days and bad ones."""

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import pyvisa
from disturbed import again_if_disturbed
from scripted_device import HANG_UP, Pieces, ScriptedDevice

from bench.base.errors import LinkClosed, LinkError, LinkTimeout
from bench.io.clock import MonotonicClock
from bench.io.instrument_server import InstrumentServer
from bench.io.visa import VisaLink
from bench.schedule.requests import Exchange
from drivers.framing import FramingError

MS = 1_000_000
BLOCK = b"#3256" + bytes(range(256)) + b"\n"
BIG = b"#6400000" + b"\n" * 400_000 + b"\n"
ANSWERS: dict[bytes, Pieces] = {
    b"*IDN?": [(0, b"MAKER,MODEL,1,F\n")],
    b"VOLT?": [(0, b"400.0\n")],
    b"CURR?": [(0, b"12.5\n")],
    b"BLOCK?": [(0, BLOCK)],
    b"BIG?": [(0, BIG)],
    b"SLOW?": [(150 * MS, b"1111\n")],
    b"TORN?": [(0, b"4"), (30 * MS, b"00.0\n")],
    b"CUT?": [(0, b"4"), (300 * MS, b"00.0\n")],
    b"DRIP?": [(n * 10 * MS, b"1") for n in range(200)],
    b"TWO?": [(0, b"1\n2\n")],
    b"BYE?": [(0, b"half"), (0, HANG_UP)],
    b"LATER?": [(0, b"1\n"), (20 * MS, b"unasked\n")],
}


@pytest.fixture
def server() -> Iterator[InstrumentServer]:
    ak = ScriptedDevice({b"\x02 ASTZ K0": [(0, b"\x02 ASTZ 0 SREM\x03")]}, end=b"\x03")
    served = InstrumentServer({"scpi": ScriptedDevice(ANSWERS), "ak": ak}, MonotonicClock())
    served.start()
    yield served
    served.close()


def ask(link: VisaLink, question: bytes, reply: str = "line", timeout_ms: int = 1000) -> bytes:
    return link.exchange(Exchange(question + b"\n", reply, timeout_ms * MS))


def elapsed_s(action: Callable[[], object], expected: type[LinkError]) -> float:
    start = time.monotonic()
    with pytest.raises(expected):
        action()
    return time.monotonic() - start


@again_if_disturbed(held_up_ms=20)
def test_lines_blocks_and_telegrams(server: InstrumentServer) -> None:
    link = VisaLink(server.resource("scpi"))
    for _ in range(3):
        assert ask(link, b"*IDN?") == b"MAKER,MODEL,1,F\n"
        assert ask(link, b"BLOCK?", "block") == BLOCK
        assert ask(link, b"BIG?", "block") == BIG
        assert ask(link, b"TORN?") == b"400.0\n"
        assert ask(link, b"IGNORED 1", "") == b""
    telegrams = VisaLink(server.resource("ak"))
    assert telegrams.exchange(Exchange(b"\x02 ASTZ K0\x03", "ak", 100 * MS)) == b"\x02 ASTZ 0 SREM\x03"


def test_a_plain_pyvisa_client_is_served_too(server: InstrumentServer) -> None:
    resource = pyvisa.ResourceManager("@py").open_resource(
        server.resource("scpi"), read_termination="\n", write_termination="\n"
    )
    assert resource.query("VOLT?") == "400.0"  # type: ignore[attr-defined]
    assert resource.query("TORN?") == "400.0"  # type: ignore[attr-defined]
    resource.close()


@again_if_disturbed(held_up_ms=20)
def test_a_late_answer_never_becomes_the_answer_to_another_question(server: InstrumentServer) -> None:
    link = VisaLink(server.resource("scpi"))
    with pytest.raises(LinkTimeout, match="SLOW"):
        ask(link, b"SLOW?", timeout_ms=50)
    with pytest.raises(LinkClosed, match="fresh connection"):
        ask(link, b"VOLT?")
    link.reopen(1_000 * MS)
    time.sleep(0.15)
    assert ask(link, b"VOLT?") == b"400.0\n"
    assert ask(link, b"CURR?") == b"12.5\n"


@again_if_disturbed(held_up_ms=20)
def test_a_torn_answer_is_none(server: InstrumentServer) -> None:
    link = VisaLink(server.resource("scpi"))
    with pytest.raises(LinkTimeout, match="1 bytes of one came"):
        ask(link, b"CUT?", timeout_ms=100)
    link.reopen(1_000 * MS)
    time.sleep(0.3)
    assert ask(link, b"VOLT?") == b"400.0\n"


@again_if_disturbed(held_up_ms=20)
def test_the_deadline_is_total(server: InstrumentServer) -> None:
    link = VisaLink(server.resource("scpi"))
    assert ask(link, b"*IDN?")
    assert 0.09 < elapsed_s(lambda: ask(link, b"DRIP?", timeout_ms=100), LinkTimeout) < 0.2


@again_if_disturbed(held_up_ms=20)
def test_a_peer_that_closes_is_noticed_at_once(server: InstrumentServer) -> None:
    link = VisaLink(server.resource("scpi"))
    assert elapsed_s(lambda: ask(link, b"BYE?", timeout_ms=5000), LinkClosed) < 0.5
    link.reopen(1_000 * MS)
    assert ask(link, b"VOLT?") == b"400.0\n"


@again_if_disturbed(held_up_ms=20)
def test_more_than_one_answer_is_refused(server: InstrumentServer) -> None:
    link = VisaLink(server.resource("scpi"))
    with pytest.raises(FramingError, match="follow the answer"):
        ask(link, b"TWO?")
    link.reopen(1_000 * MS)
    assert ask(link, b"LATER?") == b"1\n"
    time.sleep(0.05)
    with pytest.raises(FramingError, match="nobody asked"):
        ask(link, b"VOLT?")


@again_if_disturbed(held_up_ms=20)
def test_nobody_there_is_said_at_once() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        link = VisaLink(f"TCPIP::127.0.0.1::{unused.getsockname()[1]}::SOCKET")
        assert elapsed_s(lambda: ask(link, b"*IDN?"), LinkClosed) < 0.5
        assert elapsed_s(lambda: link.reopen(500 * MS), LinkClosed) < 0.5


@pytest.fixture
def mute() -> Iterator[int]:
    """A listener that accepts by its backlog and never reads, writes or closes."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listener.bind(("127.0.0.1", 0))
        listener.listen(4)
        yield listener.getsockname()[1]


@again_if_disturbed(held_up_ms=20)
def test_a_peer_that_does_not_read_holds_nobody(mute: int) -> None:
    link = VisaLink(f"TCPIP::127.0.0.1::{mute}::SOCKET")
    request = Exchange(bytes(30_000_000), "line", 300 * MS)
    assert elapsed_s(lambda: link.exchange(request), LinkTimeout) < 0.8


@pytest.mark.parametrize("form", ["TCPIP::127.0.0.1::hislip0,{}::INSTR", "TCPIP::127.0.0.1,{}::inst0::INSTR"])
@again_if_disturbed(held_up_ms=20)
def test_a_library_that_blocks_beyond_its_time_out_is_left_behind(mute: int, form: str) -> None:
    link = VisaLink(form.format(mute))
    assert elapsed_s(lambda: ask(link, b"*IDN?", timeout_ms=200), LinkTimeout) < 0.6


def test_links_in_threads_of_their_own_do_not_mix(server: InstrumentServer) -> None:
    devices = {f"d{n}": ScriptedDevice({b"WHO?": [(0, b"%d\n" % n)]}) for n in range(4)}
    served = InstrumentServer(devices, MonotonicClock())
    served.start()
    answers: dict[str, set[bytes]] = {}

    def work(name: str) -> None:
        link = VisaLink(served.resource(name))
        answers[name] = {ask(link, b"WHO?") for _ in range(200)}

    threads = [threading.Thread(target=work, args=(name,)) for name in devices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    served.close()
    assert answers == {f"d{n}": {b"%d\n" % n} for n in range(4)}


def test_a_resource_must_be_one() -> None:
    with pytest.raises(ValueError, match="no VISA resource"):
        VisaLink("192.168.0.1:5025")

"""HiSLIP and VXI-11 servers of emulated instruments; PyVISA-py is the client that we did not write."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import pyvisa
from disturbed import again_if_disturbed
from lan_bench import PROTOCOLS, UPDATES, Instrument, exchanged, interface, reachable
from pyvisa.constants import ResourceAttribute, StatusCode
from pyvisa_py.protocols import rpc

from bench.io.visa import VisaLink
from drivers.power_analyzers.settings import AnalyzerSettings, Element
from drivers.power_analyzers.yokogawa_wt import YokogawaWT5000

BOTH = pytest.mark.parametrize("name", PROTOCOLS)
IDENTITY = "YOKOGAWA,WT5000,91X412345,F1.03"
FOR_EVER = ":COMMUNICATE:WAIT 2;:RATE?"
"""Waits for an event that does not exist."""


@pytest.fixture
def bench() -> Iterator[Instrument]:
    with reachable() as instrument:
        yield instrument


@BOTH
def test_plain_queries(bench: Instrument, name: str) -> None:
    wt = bench.open(name)
    for _ in range(20):
        assert wt.query("*IDN?").strip() == IDENTITY
    wt.write(":COMMUNICATE:HEADER OFF;:RATE 100MS")
    assert wt.query(":RATE?").strip() == "100.0E-03"


def test_all_protocols_reach_one_instrument(bench: Instrument) -> None:
    clients = [bench.open(name) for name in ("analyzer", *PROTOCOLS)]
    clients[0].write(":COMMUNICATE:HEADER OFF")
    for writer, rate in zip(clients, ("50MS", "100MS", "2S"), strict=True):
        writer.write(f":RATE {rate}")
        assert writer.query("*IDN?").strip() == IDENTITY
        assert len({reader.query(":RATE?").strip() for reader in clients}) == 1


@BOTH
def test_an_answer_longer_than_a_message_is_put_together(bench: Instrument, name: str) -> None:
    wt = bench.open(name)
    wt.write(UPDATES.decode())
    wt.write(":NUMERIC:NUMBER 255;ITEM1 UDC,1;ITEM255 UDC,1")
    if "hislip" in name:
        wt.set_visa_attribute(ResourceAttribute.tcpip_hislip_max_message_kb, 1)
    block = wt.query_binary_values(":NUMERIC:VALUE?", is_big_endian=True, chunk_size=300)
    assert len(block) == 255
    assert (block[0], block[254]) == pytest.approx((400.0, 400.0), abs=0.5)


def test_a_message_in_pieces_is_one_message(bench: Instrument) -> None:
    wt = bench.open("analyzer.hislip")
    interface(wt)._max_msg_size = 16 + 7
    assert wt.query(":COMMUNICATE:HEADER OFF;:NUM:ITEM3 P,SIGMA;ITEM3?").strip() == "P,SIGMA,TOTAL"
    link = bench.open("analyzer.vxi11")
    link.visalib.sessions[link.session].max_recv_size = 7
    assert link.query(":NUM:ITEM4 P,SIGMA;ITEM4?").strip() == "P,SIGMA,TOTAL"


@BOTH
def test_a_message_longer_than_an_instrument_takes_is_refused_whole(bench: Instrument, name: str) -> None:
    wt = bench.open(name)
    wt.write(":COMMUNICATE:HEADER OFF;:RATE 100MS")
    wt.write(":RATE 50MS;" * 10_000 + ":RATE 2S")
    assert wt.query(":STATUS:ERROR?").startswith("-225,")
    assert wt.query(":RATE?").strip() == "100.0E-03"


@BOTH
def test_a_driver_runs_over_the_bench_s_own_links(bench: Instrument, name: str) -> None:
    wt = YokogawaWT5000(
        "analyzer", AnalyzerSettings(elements=[Element("dc", (1,), (300.0, 600.0), (500.0, 1000.0), 1000.0)])
    )
    wt.bind(lambda _channel: 0)
    link = VisaLink(bench.server.resource(name))
    assert exchanged(wt.identify(), link).serial == "91X412345"
    exchanged(wt.set_up(), link)
    for _ in range(3):
        exchanged(wt.read(), link)
        voltage = next(reading for reading in wt.readings() if reading.channel == "dc.voltage")
        assert voltage.good and voltage.value == pytest.approx(400.0, abs=0.5)
    link.close()


@BOTH
def test_device_clear_ends_what_waits(bench: Instrument, name: str) -> None:
    wt = bench.open(name, timeout_ms=100)
    with pytest.raises(pyvisa.VisaIOError, match="TMO"):
        wt.query(FOR_EVER)
    wt.clear()
    wt.timeout = 2000
    assert wt.query("*IDN?").strip() == IDENTITY
    assert '0,"No error"' in wt.query(":STATUS:ERROR?")


@BOTH
def test_an_answer_that_nobody_read_is_dropped_and_noted(bench: Instrument, name: str) -> None:
    """IEEE 488.2, 6.3.2.3."""
    wt = bench.open(name)
    wt.write(":COMMUNICATE:HEADER OFF")
    wt.write(":RATE?")
    assert wt.query("*IDN?").strip() == IDENTITY
    assert wt.query(":STATUS:ERROR?").strip() == '410,"Query INTERRUPTED"'
    assert wt.query(":STATUS:ERROR?").strip() == '0,"No error"'


@BOTH
def test_after_a_time_out_the_next_question_gets_its_own_answer(bench: Instrument, name: str) -> None:
    wt = bench.open(name, timeout_ms=60)
    with pytest.raises(pyvisa.VisaIOError, match="TMO"):
        wt.query(FOR_EVER)
    wt.timeout = 2000
    assert wt.query("*IDN?").strip() == IDENTITY


@BOTH
@again_if_disturbed(held_up_ms=20)
def test_the_status_byte_tells_of_an_answer(bench: Instrument, name: str) -> None:
    wt = bench.open(name)
    assert wt.read_stb() & 16 == 0
    wt.write("*IDN?")
    time.sleep(0.05)
    assert wt.read_stb() & 16
    assert wt.read().strip() == IDENTITY
    assert wt.read_stb() & 16 == 0


@BOTH
def test_clients_in_threads_get_their_own_answers(bench: Instrument, name: str) -> None:
    bench.open("analyzer").write(":COMMUNICATE:HEADER OFF;:NUM:ITEM1 U,1;ITEM2 U,2;ITEM3 U,3")
    wrong: list[str] = []

    def work(number: int, client: Any) -> None:
        for _ in range(30):
            answer = client.query(f":NUM:ITEM{number}?").strip()
            if answer != f"U,{number},TOTAL":
                wrong.append(f"{number}: {answer}")

    clients = enumerate((bench.open(name), bench.open(name), bench.open("analyzer")), 1)
    threads = [threading.Thread(target=work, args=each) for each in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not wrong


def test_a_hislip_lock_keeps_others_waiting_until_it_is_released(bench: Instrument) -> None:
    wt, other = bench.open("analyzer.hislip"), bench.open("analyzer.hislip", timeout_ms=150)
    mine, others = interface(wt), interface(other)
    assert mine.async_lock_request(0.0) == "success"
    assert (mine.async_lock_info(), mine.async_lock_request(0.0)) == (1, "error")
    assert others.async_lock_request(0.0) == "failure"
    with pytest.raises(pyvisa.VisaIOError, match="TMO"):
        other.query("*IDN?")
    assert wt.query("*IDN?").strip() == IDENTITY
    assert mine.async_lock_release() == "success"
    assert other.read().strip() == IDENTITY
    assert (mine.async_lock_release(), mine.async_lock_info()) == ("error", 0)


def test_a_lock_that_is_waited_for_comes_when_the_other_client_leaves(bench: Instrument) -> None:
    wt, other = bench.open("analyzer.hislip"), bench.open("analyzer.hislip")
    assert interface(wt).async_lock_request(0.0) == "success"
    threading.Timer(0.1, wt.close).start()
    assert interface(other).async_lock_request(1.5) == "success"
    assert other.query("*IDN?").strip() == IDENTITY


def test_a_shared_lock_is_for_those_who_know_its_key(bench: Instrument) -> None:
    clients = [bench.open("analyzer.hislip") for _ in range(3)]
    one, two, three = (interface(client) for client in clients)
    assert (one.async_lock_request(0.0, "key"), two.async_lock_request(0.0, "key")) == ("success", "success")
    assert (three.async_lock_request(0.0, "other"), three.async_lock_request(0.0)) == ("failure", "failure")
    assert clients[0].query("*IDN?") == clients[1].query("*IDN?")
    assert (one.async_lock_release(), two.async_lock_release()) == ("success shared", "success shared")
    assert three.async_lock_request(0.0, "other") == "success"


def test_a_vxi11_lock_is_refused_to_others_and_holds_hislip_too(bench: Instrument) -> None:
    wt, other, slip = (bench.open(name) for name in ("analyzer.vxi11", "analyzer.vxi11", "analyzer.hislip"))
    wt.lock_excl()
    locked = StatusCode.error_resource_locked
    link = other.visalib.sessions[other.session]
    assert link.interface.device_lock(link.link, 0, 0) == 11
    assert link.interface.device_write(link.link, 100, 0, 8, b"*IDN?\n") == (11, 0)
    assert link.interface.device_write(link.link, 100, 50, 8 | 1, b"*IDN?\n") == (11, 0)
    assert link.clear() == locked
    assert interface(slip).async_lock_request(0.0) == "failure"
    wt.unlock()
    assert link.interface.device_unlock(link.link) == 12
    assert other.query("*IDN?").strip() == IDENTITY


def test_vxi11_abort_ends_a_read(bench: Instrument) -> None:
    wt = bench.open("analyzer.vxi11", timeout_ms=5000)
    link = wt.visalib.sessions[wt.session]
    answers: list[tuple[int, int, bytes]] = []
    wt.write(FOR_EVER)
    began = time.monotonic()
    reading = threading.Thread(target=lambda: answers.append(interface(wt).device_read(link.link, 100, 5000, 0, 0, 0)))
    reading.start()
    port = bench.server.ports["analyzer.vxi11"]
    channel = rpc.RawTCPClient("127.0.0.1", 0x0607B0, 1, port, 1000)
    channel.packer, channel.unpacker = rpc.Packer(), rpc.Unpacker(b"")
    assert channel.make_call(1, 4711, channel.packer.pack_int, channel.unpacker.unpack_int) == 4
    while reading.is_alive():  # it may not have begun to wait
        assert channel.make_call(1, link.link, channel.packer.pack_int, channel.unpacker.unpack_int) == 0
        reading.join(0.05)
    channel.close()
    assert answers[0][0] == 23 and time.monotonic() - began < 2.0


def test_vxi11_refuses_what_it_does_not_have(bench: Instrument) -> None:
    wt = bench.open("analyzer.vxi11")
    found = interface(wt)
    assert found.create_link(1, 0, 0, "gpib0,5")[0] == 3
    assert found.device_read_stb(4711, 0, 0, 0) == (4, 0)
    assert found.device_enable_srq(1, True, b"me") == 8
    assert found.device_docmd(1, 0, 0, 0, 0, False, 0, b"")[0] == 8
    assert [found.create_link(1, 0, 0, "inst0")[0] for _ in range(16)].count(9) == 1
    with pytest.raises(rpc.RPCUnpackError, match="procedure_unavailable"):
        found.make_call(99, None, None, None)
    found.prog = 0x0607B1
    with pytest.raises(rpc.RPCUnpackError, match="program_unavailable"):
        found.make_call(1, None, None, None)
    found.prog = 0x0607AF
    assert wt.query("*IDN?").strip() == IDENTITY


@BOTH
def test_bytes_that_are_no_protocol_end_their_connection_only(bench: Instrument, name: str) -> None:
    wt = bench.open(name)
    for bytes_ in (b"GET / HTTP/1.1\r\n\r\n" + bytes(100), b"\xff" * 64):
        with socket.create_connection(("127.0.0.1", bench.server.ports[name]), timeout=2) as stranger:
            stranger.sendall(bytes_)
            while stranger.recv(4096):
                pass
    assert wt.query("*IDN?").strip() == IDENTITY

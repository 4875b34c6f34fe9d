"""Modbus over real TCP against an independent implementation: pymodbus's client on our emulated devices, and our
drivers, over PyVISA, on pymodbus's server."""

import asyncio
import struct
import threading
from collections.abc import Iterator

import pytest
from pymodbus.client import ModbusTcpClient
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from bench.base.errors import DeviceError
from bench.base.quality import Quality
from bench.emulators.instruments.periphery_server import PeripheryServer
from bench.emulators.periphery import COMMANDED, TOLD, make_periphery
from bench.io.clock import MonotonicClock
from bench.io.instrument_server import InstrumentServer
from bench.io.job_runner import JobRunner
from bench.io.visa import VisaLink
from drivers.modbus import ModbusException
from drivers.periphery.bench_io_modbus import BENCH_IO_MAP, BenchIoModbus
from drivers.periphery.conditioner_modbus import CONDITIONER_MAP, ConditionerModbus
from drivers.periphery.modbus_part import ModbusPart, ModbusSettings

WHO = {"maker": "EDU", "model": "TC-60", "serial": "TC-0113", "firmware": "1.0"}
PERIPHERY = make_periphery(1, 23.0)


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[str, int]]:
    maps = {"bench_io": BENCH_IO_MAP, "conditioner": CONDITIONER_MAP}
    devices = {part: PeripheryServer(PERIPHERY, registers, WHO) for part, registers in maps.items()}
    server = InstrumentServer(devices, MonotonicClock())
    server.start()
    yield dict(server.ports)
    server.close()


@pytest.fixture
def client(request: pytest.FixtureRequest, ports: dict[str, int]) -> Iterator[ModbusTcpClient]:
    with ModbusTcpClient("127.0.0.1", port=ports[request.param], timeout=2, retries=0) as connected:
        yield connected


@pytest.mark.parametrize("client", ["bench_io"], indirect=True)
def test_their_client_on_our_bench_io(client: ModbusTcpClient) -> None:
    PERIPHERY.told[TOLD.index("io.door_closed")] = 1.0
    assert client.read_discrete_inputs(0, count=7).bits[:7] == [False, True] + [False] * 5
    assert not client.write_coil(0, True).isError()
    assert not client.write_coils(1, [True, False, True]).isError()
    assert client.read_coils(0, count=5).bits[:5] == [True, True, False, True, False]
    assert PERIPHERY.commands[: len(COMMANDED)].tolist()[:5] == [1.0, 1.0, 0.0, 1.0, 0.0]
    assert not client.write_register(0, 250).isError()
    assert client.read_holding_registers(0).registers == [250]
    words = client.read_input_registers(8, count=12).registers
    assert client.convert_from_registers(words, client.DATATYPE.STRING) == "TC-60"
    assert client.write_register(0, 10).exception_code == 3
    assert client.read_coils(0, count=7).exception_code == 2
    assert client.read_exception_status().exception_code == 1


@pytest.mark.parametrize("client", ["conditioner"], indirect=True)
def test_their_client_on_our_conditioner(client: ModbusTcpClient) -> None:
    PERIPHERY.told[TOLD.index("coolant.temp_in") : TOLD.index("oil.pressure") + 1] = (65, 66.5, 10, 1, 70, 6, 2)
    words = client.read_input_registers(100, count=14).registers
    assert client.convert_from_registers(words, client.DATATYPE.FLOAT32, word_order="little") == [
        65, 66.5, 10, 1, 70, 6, 2,
    ]  # fmt: skip
    assert not client.write_registers(0, [6500, 1000, 0xFFFF & -1250, 600]).isError()
    assert PERIPHERY.commands[6:].tolist() == [65.0, 10.0, -12.5, 6.0]
    both = client.readwrite_registers(read_address=0, read_count=4, write_address=1, values=[500])
    assert both.registers == [6500, 500, 0xFFFF & -1250, 600]


class TheirServer:
    """pymodbus's server with coils, discrete inputs, holding and input registers apart, in a thread of its own."""

    def __init__(self, device: SimDevice) -> None:
        self._device = device
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self.server = ModbusTcpServer(self._device, address=("127.0.0.1", 0))
        await self.server.serve_forever(background=True)
        self.port = self.server.transport.sockets[0].getsockname()[1]
        self._ready.set()
        await self.server.serving

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self.server.shutdown(), self._loop)
        self._thread.join(10)


def identity_words() -> list[int]:
    texts = {"maker": 8, "model": 12, "serial": 8, "firmware": 4}
    data = b"".join(WHO[name].encode().ljust(2 * words, b"\0") for name, words in texts.items())
    return list(struct.unpack("!32H", data))


def singles(*values: float) -> list[int]:
    """Low word first."""
    return [word for value in values for word in struct.unpack("!HH", struct.pack("!f", value))[::-1]]


@pytest.fixture
def their_port() -> Iterator[int]:
    words = DataType.REGISTERS
    blocks = (
        [SimData(0, values=[False] * 8, datatype=DataType.BITS)],
        [SimData(0, values=[True, True, False, True, False, False, True, False], datatype=DataType.BITS)],
        [SimData(0, values=[0] * 4, datatype=words)],
        [
            SimData(0, values=identity_words(), datatype=words),
            SimData(100, values=singles(65, 66.5, 10, 1, 70, float("nan"), 2), datatype=words),
        ],
    )
    server = TheirServer(SimDevice(7, blocks))
    yield server.port
    server.close()


def runner(port: int) -> tuple[VisaLink, JobRunner]:
    link = VisaLink(f"TCPIP::127.0.0.1::{port}::SOCKET")
    return link, JobRunner(link, MonotonicClock())


def ask(jobs: JobRunner, driver: ModbusPart) -> dict[str, tuple[float, Quality]]:
    jobs.run(driver.read())
    return {reading.channel: (reading.value, reading.quality) for reading in driver.readings()}


def test_our_bench_io_driver_on_their_server(their_port: int) -> None:
    driver = BenchIoModbus("bench_io", ModbusSettings(7, timeout_ms=1000, written={"watchdog_ms": 300.0}))
    link, jobs = runner(their_port)
    assert jobs.run(driver.identify()).serial == "TC-0113"
    assert jobs.run(driver.set_up())["watchdog_ms"] == "300"
    jobs.run(driver.set_chain(True))
    jobs.run(driver.set_contactors(True))
    told = ask(jobs, driver)
    assert told["io.chain_closed"] == told["io.watchdog_relay"] == (1.0, Quality.GOOD)
    assert told["io.contactor_plus"] == (0.0, Quality.GOOD)
    assert jobs.run(driver.in_force(0)) == 1.0
    link.close()


def test_our_conditioner_driver_on_their_server(their_port: int) -> None:
    driver = ConditionerModbus("conditioner", ModbusSettings(7, timeout_ms=1000))
    link, jobs = runner(their_port)
    jobs.run(driver.identify())
    jobs.run(driver.set_up())
    jobs.run(driver.set_circuit("oil", -12.5, 6.0))
    told = ask(jobs, driver)
    assert told["coolant.temp_out"] == (66.5, Quality.GOOD)
    assert told["oil.flow"][1] is Quality.NOT_A_NUMBER
    assert jobs.run(driver.in_force(2)) == -12.5
    link.close()


def test_what_their_server_refuses_is_an_orderly_refusal(their_port: int) -> None:
    driver = ConditionerModbus("conditioner", ModbusSettings(7, timeout_ms=1000))
    link, jobs = runner(their_port)
    from drivers import modbus

    def beyond() -> object:
        with driver.session:
            return (yield from driver._client.ask(modbus.read_holding_registers(50, 1)))

    with pytest.raises(ModbusException, match="illegal data address") as caught:
        jobs.run(beyond())
    assert isinstance(caught.value, DeviceError) and driver.session.poisoned is None
    jobs.run(driver.identify())
    link.close()

"""The restbus: what the DUT file may say, what is missing, and what goes over the wire, checked by cantools."""

from itertools import pairwise

import cantools
import pytest

from bench.assembly import draw, load_inputs
from bench.base.ring import drain
from bench.canbus.database import Database
from bench.config.dut import Dut
from bench.config.located import Located, load_located
from bench.config.search import find
from bench.core.cycle import cycle
from bench.core.rings import make_rings
from bench.core.state import make_state
from bench.layout.restbus import restbus_problems

MS = 1_000_000
DBC = find("dbc", "edu_gen5")
TEXT = find("dut", "gen5_bev").read_text()


def dut(old: str = "", new: str = "") -> Located[Dut]:
    assert old in TEXT
    return load_located(TEXT.replace(old, new, 1), Dut, "unit.yaml")


@pytest.fixture(scope="module")
def database() -> Database:
    return Database.load(DBC)


def told(located: Located[Dut], database: Database) -> list[str]:
    return [str(problem).replace(database.name, "the database") for problem in restbus_problems(located, database)]


def test_the_shipped_units_lack_nothing(database):
    assert told(dut(), database) == []


def line(of: str, text: str = TEXT) -> int:
    return text[: text.index(of)].count("\n") + 1


BMS = "  BMS_STATUS: {values: {Contactors: closed, ChargeCurrentMax: 560, DischargeCurrentMax: 620}}\n"


def test_a_frame_that_nobody_sends_is_a_finding_with_place_and_remedy(database):
    (problem,) = told(dut(BMS), database)
    place, _, words = problem.partition(":1: ")
    assert place == f"unit.yaml:{line('restbus:')}"
    assert words == (
        "EDU wants BMS_STATUS every 100 ms from BMS, and nobody on the bench sends it; "
        "add it to 'restbus' with its values, or BMS to 'present'"
    )
    there = load_located(TEXT.replace(BMS, "") + "present: [BMS]\n", Dut, "unit.yaml")
    assert told(there, database) == []


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("VCU_GEAR:", "VCU_GAER:", "VCU_GAER", "no message 'VCU_GAER'; did you mean 'VCU_GEAR'?"),
        ("{Gear: drive}", "{Gaer: drive}", "Gaer", "no signal 'Gaer' to be set; did you mean 'Gear'?"),
        ("{Gear: drive}", "{Gear: drvie}", "Gear:", "'drvie' is no value of Gear; did you mean 'drive'?"),
        ("{Gear: drive}", "{Counter: 3}", "Counter", "no signal 'Counter' to be set"),
        ("ChargeCurrentMax: 560", "ChargeCurrentMax: 5600", "ChargeCurrentMax", "ChargeCurrentMax"),
        ("Max: 560", "Max: high", "ChargeCurrentMax", "'high' is no value of ChargeCurrentMax"),
        ("{Gear: drive}", "{Gear: drive}, data_id: 70000", "data_id", "has E2EDataID 70000"),
        ("AwakeReason: 1}", "AwakeReason: 1}, data_id: 7", "data_id", "VCU_NM is not protected"),
        ("{Gear: drive}", "{Gear: drive}, period: 1500 us", "period", "unit 'us' is not known"),
        ("  VCU_GEAR: {values: {Gear: drive}}\n", "  EDU_DC: {}\n", "EDU_DC", "EDU_DC is sent by EDU"),
        ("restbus: #", "present: [VUC]\nrestbus: #", "[VUC]", "has no node 'VUC'; did you mean 'VCU'?"),
    ],
)
def test_what_cannot_be_sent_is_told_with_its_place(database, old, new, place, words):
    try:
        problems = told(dut(old, new), database)
    except Exception as error:  # what the file's model refuses by itself
        problems = [str(error)]
    changed = TEXT.replace(old, new, 1)
    assert any(words in problem and f":{line(place, changed)}:" in problem for problem in problems), problems


class Sent:
    """The frames that a core of these inputs sends in its first 2.2 s, by name."""

    def __init__(self, name: str) -> None:
        blueprint = draw(load_inputs("smoke", None, name))
        program, state = blueprint.program, make_state(blueprint.program)
        rings = make_rings(program)
        self.frames: dict[int, list[tuple[int, bytes]]] = {}
        for t_ms in range(2200):
            cycle(program, state, rings, t_ms * MS)
            for frame in drain(rings.frames_out):
                data = frame["data"][: frame["length"]].tobytes()
                self.frames.setdefault(int(frame["id"]), []).append((int(frame["t_ns"]), data))


@pytest.fixture(scope="module")
def sent(tmp_path_factory):
    path = tmp_path_factory.mktemp("dut") / "other.yaml"
    path.write_text(TEXT.replace("{Gear: drive}", "{Gear: reverse}, period: 50 ms, data_id: 4660"))
    return Sent(str(path)).frames


def crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1) ^ 0x11D if crc & 0x80 else crc << 1
    return crc


@pytest.mark.parametrize(
    ("name", "period_ms", "data_id", "values"),
    [
        ("VCU_TERMINAL", 100, 4304, {"Terminal15": "on", "Terminal50": "off"}),
        ("VCU_GEAR", 50, 4660, {"Gear": "reverse"}),
        ("BMS_STATUS", 100, 4352, {"Contactors": "closed", "ChargeCurrentMax": 560, "DischargeCurrentMax": 620}),
        ("VCU_NM", 1000, None, {"SourceNode": 1, "AwakeReason": 1}),
    ],
)
def test_every_frame_goes_out_at_its_pace_with_its_values_counter_and_crc(sent, name, period_ms, data_id, values):
    message = cantools.database.load_file(DBC).get_message_by_name(name)
    frames = sent[message.frame_id]
    assert {b - a for (a, _), (b, _) in pairwise(frames)} == {period_ms * MS}
    decoded = [message.decode(data) for _, data in frames]
    assert all({key: one[key] for key in values} == values for one in decoded)
    if data_id is not None:
        assert [one["Counter"] for one in decoded] == [n % 15 for n in range(len(frames))]
        assert all(data[0] == crc8(data_id.to_bytes(2, "little") + data[1:]) for _, data in frames)

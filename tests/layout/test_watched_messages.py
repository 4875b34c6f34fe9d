"""Every message of the databases is watched, whether the bench can use its signals or not."""

from bench.base.channel import Channel, Channels
from bench.base.units import Unit
from bench.canbus.codec import lookup
from bench.canbus.database import Database
from bench.layout.can import bench_can
from bench.layout.monitors import Watched

FRAME = "BO_ {0} {1}: 8 ECU\n{2}\n"
PLAIN = ' SG_ {0} : 0|8@1+ (1,0) [0|255] "V" BENCH\n'
PAGES = ' SG_ Page M : 0|8@1+ (1,0) [0|9] "" BENCH\n SG_ A m0 : 8|8@1+ (1,0) [0|9] "" BENCH\n'
ATTRIBUTES = (
    'BA_DEF_ BO_ "GenMsgCycleTime" INT 0 65535;\nBA_DEF_ SG_ "BenchChannel" STRING ;\n'
    'BA_DEF_DEF_ "GenMsgCycleTime" 0;\nBA_DEF_DEF_ "BenchChannel" "";\n'
)


def database(*messages: tuple[int, str, str], more: str = "") -> Database:
    body = "".join(FRAME.format(*message) for message in messages)
    return Database.from_text(f'VERSION ""\nBU_: ECU BENCH\n{body}{ATTRIBUTES}{more}', "bus.dbc")


def test_unused_multiplexed_and_twice_named_messages_are_watched_and_bring_no_values() -> None:
    told = 'BA_ "GenMsgCycleTime" BO_ 1 10;\nBA_ "BenchChannel" SG_ 1 Volts "dc.voltage";\n'
    volts, spare = PLAIN.format("Volts"), PLAIN.format("X")
    first = database((1, "Used", volts), (2, "Paged", PAGES), (3, "Spare", spare), more=told)
    second = database((7, "Used", volts))
    can = bench_can({0: first, 1: second}, Channels([Channel("dc.voltage", Unit.VOLT)]))
    assert can.watched == (
        *(Watched(0, name, sent=False, protected=False) for name in ("Used", "Paged", "Spare")),
        Watched(1, "Used", sent=False, protected=False),
    )  # fmt: skip
    assert [receive.name for receive in can.receives] == ["Used"]
    assert list(can.tables.messages["last"] - can.tables.messages["first"]) == [1, 0, 0, 0]


def test_of_two_sources_of_a_parameter_group_only_those_are_watched() -> None:
    two = [(0x98FF0000 | source, f"From{source}", PLAIN.format("X")) for source in (1, 2)]
    told = 'BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","reserved","J1939PG";\n'
    told += 'BA_DEF_DEF_ "VFrameFormat" "J1939PG";\nBA_ "GenMsgCycleTime" BO_ 2566848513 10;\n'
    told += 'BA_ "BenchChannel" SG_ 2566848513 X "dc.voltage";\n'
    can = bench_can({0: database(*two, more=told)}, Channels([Channel("dc.voltage", Unit.VOLT)]))
    assert [lookup(can.tables, 0, 0x98FF0000 | source) for source in (1, 2, 3)] == [0, 1, -1]
    assert [lookup(can.tables, 0, 0x8CFF0000 | source) for source in (1, 2, 3)] == [-1, -1, -1]

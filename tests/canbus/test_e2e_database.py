"""Protection from a database: every profile that fits a frame, sent and received by the codec, and what is wrong."""

import numpy as np
import pytest
from core_codec import decode, encode
from e2e import p01, p02, p04, p05, p06, p07, p11

from bench.base.quality import GOOD, WRONG
from bench.base.records import FRAME, IMAGE
from bench.canbus.codec import BAD_COUNTER, BAD_CRC, FRAME_OK, NOT_VALID, receive, transmit
from bench.canbus.database import Database
from bench.canbus.e2e import check
from bench.canbus.e2e_receiver import State
from bench.canbus.protection import DataIdMode, Profile, Protection, Window, Windows
from bench.canbus.tables import build_tables, make_rx_state, make_tx_state

PROFILES = [profile.name for profile in Profile]
STATES = ("Init", "Valid", "Invalid")
WINDOW_NAMES = [f"E2E{what}{state}" for state in STATES for what in ("WindowSize", "MinOkState", "MaxErrorState")]
LIST = "10 11 12 13 14 15 16 17 18 19 1A 1B 1C 1D 1E 1F"


def definitions() -> str:
    integers = ["E2EDataID", "E2EMaxDeltaCounter", "E2EOffset", "GenMsgCycleTime", *WINDOW_NAMES]
    defaults = {"E2EMaxDeltaCounter": 3, "GenMsgCycleTime": 10} | dict(
        zip(WINDOW_NAMES, (3, 1, 0, 10, 1, 2, 3, 2, 0), strict=True)
    )
    lines = [f'BA_DEF_ BO_ "{name}" INT 0 4294967295;' for name in integers]
    names = ",".join(f'"{name}"' for name in ["None", *PROFILES[1:], "P99"])
    lines.append(f'BA_DEF_ BO_ "E2EProfile" ENUM {names};')
    lines.append('BA_DEF_ BO_ "E2EDataIDMode" ENUM "BOTH","ALT","LOW","NIBBLE";')
    lines.append('BA_DEF_ BO_ "E2EDataIDList" STRING ;')
    lines += [f'BA_DEF_DEF_ "{name}" {defaults.get(name, 0)};' for name in integers]
    lines += ['BA_DEF_DEF_ "E2EProfile" "None";', 'BA_DEF_DEF_ "E2EDataIDMode" "BOTH";']
    return "\n".join([*lines, 'BA_DEF_DEF_ "E2EDataIDList" "";'])


def dbc(signals: list[str], length: int = 8, **attributes: int | str) -> str:
    """A database with the messages Good (not protected) and M with these ``SG_`` bodies and ``E2E...`` attributes."""
    named = {"E2E" + name if name[0] != "_" else name[1:]: value for name, value in attributes.items()}
    if "E2EProfile" in named:
        named["E2EProfile"] = ["None", *PROFILES[1:], "P99"].index(str(named["E2EProfile"]))
    lines = ['VERSION ""', "BU_: A", 'BO_ 1 Good: 8 A\n SG_ S : 0|8@1+ (1,0) [0|0] "" A', f"BO_ 2 M: {length} A"]
    lines += [f' SG_ {body} (1,0) [0|0] "" A' for body in signals]
    lines.append(definitions())
    for name, value in named.items():
        lines.append(f'BA_ "{name}" BO_ 2 ' + (f'"{value}";' if isinstance(value, str) else f"{value};"))
    return "\n".join(lines) + "\n"


SHORT = ["Crc : 0|8@1+", "Counter : 8|4@1+", "Rest : 12|4@1+", "Value : 16|16@1-"]
AT_TWO = ["Value : 0|16@1-", "Crc : 16|8@1+", "Counter : 24|4@1+"]
FD_04 = ["Length : 7|16@0+", "Counter : 23|16@0+", "Id : 39|32@0+", "Crc : 71|32@0+", "Value : 96|16@1-"]
FD_04_AT_8 = ["Value : 0|16@1-", "Length : 71|16@0+", "Counter : 87|16@0+", "Id : 103|32@0+", "Crc : 135|32@0+"]
OF_05 = ["Crc : 0|16@1+", "Counter : 16|8@1+", "Value : 24|16@1-"]
OF_06 = ["Crc : 7|16@0+", "Length : 23|16@0+", "Counter : 39|8@0+", "Value : 40|16@1-"]
OF_07 = ["Crc : 7|64@0+", "Length : 71|32@0+", "Counter : 103|32@0+", "Id : 135|32@0+", "Value : 160|16@1-"]
NIBBLE = ["Crc : 0|8@1+", "Counter : 8|4@1+", "IdNibble : 12|4@1+", "Value : 16|16@1-"]

MADE = {
    "P01": (dbc(SHORT, Profile="P01", DataID=0x123), lambda f: p01.e2e_p01_check(f, 0x123)),
    "P01 at 2": (dbc(AT_TWO, Profile="P01", DataID=0x123, Offset=2), lambda f: p01.e2e_p01_check(f, 0x123, offset=2)),
    "P01 nibble": (
        dbc(NIBBLE, Profile="P01", DataID=0x123, DataIDMode=3),
        lambda f: p01.e2e_p01_check(f, 0x123, data_id_mode=p01.E2E_P01_DATAID_NIBBLE),
    ),
    "P01 FD": (dbc(SHORT, 64, Profile="P01", DataID=0x123), lambda f: p01.e2e_p01_check(f, 0x123)),
    "P02": (dbc(SHORT, Profile="P02", DataIDList=LIST), lambda f: p02.e2e_p02_check(f, bytes.fromhex(LIST))),
    "P11": (
        dbc(SHORT[:2] + SHORT[3:], Profile="P11", DataID=0x123, DataIDMode=3),
        lambda f: p11.e2e_p11_check(f, 0x123, data_id_mode=p11.E2E_P11_DATAID_NIBBLE),
    ),
    "P22": (
        dbc(SHORT, Profile="P22", DataIDList=LIST),
        lambda f: check(bytes(f), Protection(Profile.P22, id_list=bytes.fromhex(LIST))),
    ),
    "P05": (dbc(OF_05, Profile="P05", DataID=0x1234), lambda f: p05.e2e_p05_check(f, 0x1234)),
    "P06": (dbc(OF_06, 8, Profile="P06", DataID=0x1234), lambda f: p06.e2e_p06_check(f, 0x1234)),
    "P06 FD": (dbc(OF_06, 32, Profile="P06", DataID=0x1234), lambda f: p06.e2e_p06_check(f, 0x1234)),
    "P04": (dbc(FD_04, 16, Profile="P04", DataID=0x0A0B0C0D), lambda f: p04.e2e_p04_check(f, 0x0A0B0C0D)),
    "P04 at 8": (
        dbc(FD_04_AT_8, 24, Profile="P04", DataID=0x0A0B0C0D, Offset=8),
        lambda f: p04.e2e_p04_check(f, 0x0A0B0C0D, offset=8),
    ),
    "P07": (dbc(OF_07, 64, Profile="P07", DataID=0x0A0B0C0D), lambda f: p07.e2e_p07_check(f, 0x0A0B0C0D)),
    "J1850": (dbc(SHORT, Profile="J1850"), lambda f: check(bytes(f), Protection(Profile.J1850))),
}


@pytest.mark.parametrize("name", MADE)
def test_a_protected_message_goes_from_core_to_core(name: str) -> None:
    text, accepted = MADE[name]
    database = Database.from_text(text, "p.dbc")
    assert database.findings == ()
    message = database.message("M")
    tables = build_tables([(database, 0, "M")], lambda _, signal: 0 if signal == "Value" else -1)
    here, there, frame = np.zeros(1, IMAGE), np.zeros(1, IMAGE), np.zeros(1, FRAME)
    tx, rx = make_tx_state(tables), make_rx_state(tables)
    cycle = message.protection.header.cycle
    tx["counter"] = cycle - 5  # so that it goes round
    taken = []
    for n in range(10):
        here["value"] = -100 * n
        assert transmit(tables, tx, here, 0, frame[0]) == 0
        data = frame["data"][0]
        assert accepted(bytearray(data[: message.length].tobytes()))
        taken.append(int(receive(tables, rx, there, 0, data, message.length, n * 10**7, n * 10**7)))
        assert rx["counter"][0] == (cycle - 5 + n) % cycle
    assert taken == [NOT_VALID] + [FRAME_OK] * 9
    assert (there["value"][0], there["quality"][0]) == (-900, GOOD)
    assert receive(tables, rx, there, 0, data, message.length, 10**8, 10**8) == BAD_COUNTER
    data[message.length - 1] ^= 1
    assert receive(tables, rx, there, 0, data, message.length, 10**8, 10**8) == BAD_CRC
    assert (there["value"][0], there["quality"][0]) == (-900, WRONG)


@pytest.mark.parametrize("name", MADE)
def test_plain_frames_carry_the_header(name: str) -> None:
    text, accepted = MADE[name]
    database = Database.from_text(text, "p.dbc")
    frame = encode(database, "M", {"Value": -1234, "Counter": 9})
    assert accepted(bytearray(frame))
    values = decode(database, 2, frame)
    assert (values["Value"], values["Counter"]) == (-1234, 9)


def test_another_id_s_nibble_is_not_accepted() -> None:
    database = Database.from_text(MADE["P01 nibble"][0], "p.dbc")
    tables = build_tables([(database, 0, "M")], lambda _, signal: 0 if signal == "Value" else -1)
    data = np.zeros(64, np.uint8)
    p01.e2e_p01_protect(other := bytearray(8), 0x223, data_id_mode=p01.E2E_P01_DATAID_NIBBLE)
    data[:8] = other  # its CRC takes in the same bytes of the id as ours
    assert receive(tables, make_rx_state(tables), np.zeros(1, IMAGE), 0, data, 8, 0, 0) == BAD_CRC


def test_all_attributes_are_read() -> None:
    windows = dict(zip((name[3:] for name in WINDOW_NAMES), (6, 2, 1, 20, 1, 4, 8, 5, 0), strict=True))
    text = dbc(NIBBLE, Profile="P01", DataID=0x321, DataIDMode=3, MaxDeltaCounter=2, **windows, _GenMsgCycleTime=25)
    assert Database.from_text(text, "p.dbc").message("M").protection == Protection(
        Profile.P01,
        0x321,
        DataIdMode.NIBBLE,
        2,
        windows=Windows(Window(6, 2, 1), Window(20, 1, 4), Window(8, 5, 0)),
        period_ns=25_000_000,
    )


def test_the_machine_obeys_the_windows_of_the_database() -> None:
    slow = {"WindowSizeInit": 10, "MinOkStateInit": 4, "MinOkStateInvalid": 4, "WindowSizeInvalid": 4}
    database = Database.from_text(dbc(SHORT, Profile="P01", DataID=1, **slow), "p.dbc")
    tables = build_tables([(database, 0, "M")], lambda _, signal: 0 if signal == "Value" else -1)
    rx, tx, frame = make_rx_state(tables), make_tx_state(tables), np.zeros(1, FRAME)
    image, taken = np.zeros(1, IMAGE), []
    for n in range(6):
        transmit(tables, tx, image, 0, frame[0])
        taken.append(int(receive(tables, rx, image, 0, frame["data"][0], 8, n, n * 10**7)))
    assert taken == [NOT_VALID] * 3 + [FRAME_OK] * 3
    assert (rx["state"][0], rx["not_valid"][0], rx["ok"][0]) == (State.VALID, 3, 3)


WRONG_FILES = [
    (dbc(SHORT, Profile="P99"), "has E2EProfile 'P99'; known are None, P01, P02"),
    (dbc(SHORT, Profile="P02"), "has an E2EDataIDList of 0 bytes; P02 needs 16, one for each counter"),
    (dbc(SHORT, Profile="P02", DataIDList="no hex"), "E2EDataIDList 'no hex'; write 16 bytes in hexadecimal"),
    (dbc(SHORT, Profile="P01", DataID=0x10000), "has E2EDataID 65536; with P01 and mode BOTH it has 16 bits"),
    (dbc(SHORT, Profile="P11", DataIDMode=1), "has E2EDataIDMode ALT; P11 knows BOTH, NIBBLE"),
    (dbc(SHORT, Profile="P01", MaxDeltaCounter=15), "has an E2EMaxDeltaCounter outside 1 to 14"),
    (dbc(SHORT, Profile="P01", MinOkStateValid=9), "E2EMinOkStateValid 9 + E2EMaxErrorStateValid 2 above"),
    (dbc(SHORT, Profile="P01", Offset=1), "has signal Counter on the header of P01, CRC in byte 1"),
    (dbc(SHORT, Profile="P01", Offset=7), "the header of P01 takes 2 from byte 7 (E2EOffset)"),
    (dbc(SHORT, Profile="P04"), "has 8 bytes; the header of P04 takes 12 from byte 0"),
    (dbc(SHORT[:1], Profile="P01"), "needs a signal for counter: CRC in byte 0, counter in the low nibble of byte 1"),
    (dbc(["Value : 16|8@1+"], Profile="J1850"), "needs a signal for CRC and counter"),
    (dbc(SHORT, Profile="P05", DataID=1), "has signal Crc on the header of P05, CRC in bytes 0 to 1 (Intel)"),
    (dbc(["Crc : 7|16@0+", *OF_05[1:]], Profile="P05", DataID=1), "has signal Crc on the header of P05"),
    (dbc([*OF_05[:2], "Value : 20|16@1-"], Profile="P05", DataID=1), "signal Value on bits of another"),
    (dbc([*SHORT[:2], "Value : 12|16@1-"], Profile="P01", DataIDMode=3), "data id's nibble in the high nibble"),
]


@pytest.mark.parametrize(("text", "reason"), WRONG_FILES)
def test_a_wrong_protection_is_a_finding_with_its_remedy(text: str, reason: str) -> None:
    database = Database.from_text(text, "p.dbc")
    assert [message.name for message in database.messages] == ["Good"]
    (finding,) = database.findings
    assert finding.startswith("p.dbc:5: message M ") and reason in finding

"""VISA resources in rig files: raw sockets, and what keeps messages apart; never a text that is none."""

from pathlib import Path

import pytest
from pyvisa.rname import ResourceName

from bench.base.errors import InputError
from bench.config.rig import Rig, load_rig
from bench.config.search import find

ANALYZER = "TCPIP::192.168.10.22::10001::SOCKET"
DYNO = "TCPIP::192.168.10.23::7700::SOCKET"


def rig_with(folder: Path, old: str, new: str) -> Rig:
    text = find("rig", "e_axle_demo").read_text()
    assert text.count(old) == 1
    (folder / "rig.yaml").write_text(text.replace(old, new))
    return load_rig(folder / "rig.yaml", "rig.yaml").value


@pytest.mark.parametrize(
    "resource",
    [
        "TCPIP0::wt5000.local::10001::SOCKET",
        "TCPIP::192.168.10.22::INSTR",
        "TCPIP0::192.168.10.22::inst0::INSTR",
        "TCPIP::127.0.0.1,40111::inst0::INSTR",
        "TCPIP::192.168.10.22::hislip0::INSTR",
        "TCPIP::192.168.10.22::hislip0,4880::INSTR",
        "USB0::0x0B21::0x0025::91X412345::INSTR",
        "GPIB0::12::INSTR",
    ],
)
def test_every_kind_of_resource_that_visa_knows_is_taken(tmp_path: Path, resource: str) -> None:
    assert rig_with(tmp_path, ANALYZER, resource).analyzer.resource == resource
    ResourceName.from_string(resource)  # PyVISA itself


@pytest.mark.parametrize(
    "resource",
    [
        "TCPIP::192.168.10.22::0::SOCKET",
        "TCPIP::192.168.10.22::99999::SOCKET",
        "TCPIP::192.168.10.22",
        "ASRL1::INSTR",
        "TCPIP::../etc::INSTR",
        "TCPIP::192.168.10.22::hislip::INSTR",
        "TCPIP::192.168.10.22::INSTR ",
        "GPIB0::INTFC",
    ],
)
def test_what_no_instrument_has_is_refused_with_what_to_write(tmp_path: Path, resource: str) -> None:
    with pytest.raises(InputError) as refused:
        rig_with(tmp_path, ANALYZER, f'"{resource}"')
    (problem,) = refused.value.problems
    assert "is no resource of an instrument; write TCPIP::<host>::<port>::SOCKET" in str(problem)


def test_telegrams_need_a_raw_socket(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        rig_with(tmp_path, DYNO, "TCPIP::192.168.10.23::hislip0::INSTR")
    assert "is no socket resource; write TCPIP::<host>::<port>::SOCKET" in str(refused.value.problems[0])

"""One instrument by itself, against emulators that were started alone: the page, and what goes wrong."""

import doctest
from pathlib import Path

import pytest

import bench
from bench.base.errors import DeviceError, InputError, LinkError
from bench.base.quality import Quality
from bench.service.quantities import Quantity
from drivers.dynos.ak_dyno import AkDyno
from drivers.power_analyzers.yokogawa_wt import YokogawaWT5000
from drivers.supplies.ea_psb import EaPsb

PAGE = Path(__file__).resolve().parents[2] / "docs" / "notebook.md"
SHOWN = {"supply": "TCPIP::127.0.0.1::5025::SOCKET", "analyzer": "TCPIP::127.0.0.1::5026::SOCKET"}


@pytest.mark.slow
def test_the_page_does_what_it_shows(places: dict[str, str]) -> None:
    text = PAGE.read_text()
    for part, shown in SHOWN.items():
        assert shown in text
        text = text.replace(shown, places[part])
    page = doctest.DocTestParser().get_doctest(text, {}, PAGE.name, str(PAGE), 0)
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(page)
    assert result.attempted > 8 and result.failed == 0


@pytest.mark.slow
def test_each_driver_reads_by_itself(places: dict[str, str]) -> None:
    with bench.open(places["analyzer"], YokogawaWT5000) as wt:
        read = wt.read()
        assert abs(float(read["dc.voltage"])) < 5.0 and str(read["dc.voltage"]).endswith(" V")
        assert abs(float(read["flange_l.torque"])) < 5.0
        assert wt.do(wt.driver.set_ranges({"dc.current": 37.0}))["dc.current"] == 50.0
    with bench.open(places["dyno_r"], AkDyno, rig="e_axle_demo", part="dyno_r") as dyno:
        assert abs(float(dyno.read()["speed"])) < 1.0
    with bench.open(places["supply"], EaPsb()) as psb:
        assert list(psb.read())[:3] == ["voltage", "current", "power"]


@pytest.mark.slow
def test_another_instrument_and_nobody_are_refused(places: dict[str, str]) -> None:
    with pytest.raises(DeviceError, match="PSB"):
        bench.open(places["supply"], YokogawaWT5000)
    with pytest.raises(LinkError):
        bench.open("TCPIP::127.0.0.1::9::SOCKET", EaPsb)
    with pytest.raises(ValueError, match="no VISA resource"):
        bench.open("the supply", EaPsb)
    with pytest.raises(InputError, match="no 'dyno_m' with the driver AkDyno"):
        bench.open(places["dyno_l"], AkDyno, part="dyno_m")


def test_what_is_not_good_never_becomes_a_number() -> None:
    psb = EaPsb()
    psb.mark(Quality.STALE, 5)
    voltage = Quantity("voltage", None, psb.readings()[0])
    assert (str(voltage), repr(voltage)) == ("no value (stale)", "<voltage: no value (stale)>")
    with pytest.raises(DeviceError, match="stale"):
        float(voltage)


def test_the_package_offers_nothing_else() -> None:
    with pytest.raises(AttributeError, match="opne"):
        bench.opne  # noqa: B018

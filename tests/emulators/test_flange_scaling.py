"""Flange, analyzer and driver together: what the rig file says of a flange, and what is really there."""

import pytest
from instrument_bench import Truth, Wire, wiring, yokogawa

from bench.base.errors import DeviceError
from bench.emulators.instruments.accuracy import AnalyzerAccuracy, FlangeAccuracy
from drivers.power_analyzers.settings import AnalyzerSettings, Element, MotorInput
from drivers.power_analyzers.yokogawa_wt import YokogawaWT5000

EXACT = FlangeAccuracy(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
CW, CCW = 30_060.0, 29_970.0
ELEMENTS = (Element("dc", (1,), (150.0, 300.0, 600.0), (50.0, 500.0), 1000.0),)


def torque_and_power(torque_nm: float, sign: int, real: dict[str, float], entered: dict[str, float]) -> list[float]:
    """What the bench reads of a flange that has the spans ``real``, with those ``entered`` in the rig file."""
    truth = Truth(torque_l_nm=torque_nm, speed_l_rpm=300.0)
    accuracy = AnalyzerAccuracy(flanges={"flange_l": EXACT, "flange_r": EXACT})
    wt = yokogawa(truth, wiring=wiring(sign=sign, **real), accuracy=accuracy)
    motor = MotorInput("flange_l", 1, 2000.0, torque_sign=sign, **entered)
    driver = YokogawaWT5000("analyzer", AnalyzerSettings(elements=ELEMENTS, motors=(motor,)))
    wire = Wire(wt)
    wire.run(driver.set_up())
    wire.run(driver.read())
    found = {reading.channel: reading.value for reading in driver.readings()}
    return [found["flange_l.torque"], found["flange_l.power"] / (300.0 * 0.10471975512)]


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("torque_nm", [1500.0, -1500.0, 0.0])
def test_the_k_factor_holds_for_each_direction(torque_nm: float, sign: int) -> None:
    spans = {"clockwise_hz": CW, "counterclockwise_hz": CCW}
    assert torque_and_power(torque_nm, sign, spans, spans) == pytest.approx([torque_nm] * 2, abs=0.05)


@pytest.mark.parametrize(("torque_nm", "factor"), [(1500.0, CW / 30_000.0), (-1500.0, CCW / 30_000.0)])
def test_without_it_each_direction_is_off_by_its_own_factor(torque_nm: float, factor: float) -> None:
    real = {"clockwise_hz": CW, "counterclockwise_hz": CCW}
    assert torque_and_power(torque_nm, 1, real, {})[0] == pytest.approx(torque_nm * factor, abs=0.05)


def test_a_scaling_in_the_analyzer_that_is_not_the_rig_files_is_refused_by_name() -> None:
    """Somebody at the panel: the read-back of arming and of each fresh connection names the item."""
    wt = yokogawa(Truth())
    settings = AnalyzerSettings(elements=ELEMENTS, motors=(MotorInput("flange_l", 1, 2000.0),))
    wire, driver = Wire(wt), YokogawaWT5000("analyzer", settings)
    wire.run(driver.set_up())
    wt.receive(b":MOTOR1:TORQUE:RATE:UPPER 1000,90000\n", wire.t_ns)
    with pytest.raises(DeviceError, match=r"MOTor1:TORQue:RATE:UPPer is .* not 2000,90000; arm again"):
        wire.run(driver.verify())

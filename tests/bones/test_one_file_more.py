"""A new step kind, a new driver, a new DUT: one file each (and data), in a package of its own; nothing here changes."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.config.search import find
from bench.links.drivers_of_rig import drivers_of
from bench.sequence.registry import step_kinds

Runner = Callable[..., Any]

STEP = '''
from pydantic import Field
from typing import Annotated
from bench.base.time import ns
from bench.config.file_model import FileModel
from bench.config.quantity import Seconds
from bench.schedule.requests import Read, Record, Sleep
from bench.sequence.verdict import StepVerdict


class BreatheParameters(FileModel):
    time: Annotated[Seconds, Field(gt=0)]


class Breathe:
    """Do nothing for a while and note the temperature of the oil."""

    name = "breathe"
    parameters = BreatheParameters

    def check(self, parameters, context):
        return []

    def points(self, parameters, context):
        return 0

    def estimate_s(self, parameters, context):
        return parameters.time

    def run(self, parameters, context):
        yield Sleep(ns(parameters.time))
        (oil,) = yield Read(("dut.oil_temp",))
        yield Record("breathed", {"oil_degc": oil.value})
        return StepVerdict()
'''

DRIVER = '''
import numpy as np
from bench.base.errors import DeviceError
from bench.base.ports import Identity
from bench.schedule.requests import Exchange, Now
from drivers import ak
from drivers.dynos.ak_dyno import AkDyno


class GentleDyno(AkDyno):
    """A drive that is spoken to twice before it is believed."""

    greetings = 0

    def identify(self):
        yield from super().identify()
        type(self).greetings += 1
        return (yield from super().identify())
'''

ENTRIES = """[bench.steps]
breathe = bench_extras.breathe:Breathe

[bench.drivers]
gentle_dyno = bench_extras.gentle_dyno:GentleDyno
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package as pip would leave it: code, and a dist-info with entry points."""
    code, info = tmp_path / "bench_extras", tmp_path / "bench_extras-1.0.dist-info"
    code.mkdir()
    info.mkdir()
    (code / "__init__.py").write_text("")
    (code / "breathe.py").write_text(STEP)
    (code / "gentle_dyno.py").write_text(DRIVER)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bench-extras\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRIES)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("bench_extras")]:
        del sys.modules[name]


@pytest.fixture
def files(package: Path) -> dict[str, str]:
    """The data: a plan that uses the new kind, a rig that uses the new driver, and the new DUT."""
    rig = find("rig", "e_axle_demo").read_text()
    assert rig.count("driver: ak_dyno") == 2
    (package / "gentle_rig.yaml").write_text(rig.replace("driver: ak_dyno", "driver: gentle_dyno", 1))
    dut = find("dut", "gen5_bev").read_text()
    (package / "other_unit.yaml").write_text(dut.replace("gen5_bev", "other_unit").replace("8.774", "9.1"))
    plan = find("plan", "smoke").read_text()
    plan = plan.replace("dut: gen5_bev", "dut: other_unit.yaml").replace("rig: e_axle_demo", "rig: gentle_rig.yaml")
    (package / "longer.yaml").write_text(plan.rstrip() + "\n\n  - breathe: {time: 3 s}\n")
    return {"plan": str(package / "longer.yaml"), "rig": str(package / "gentle_rig.yaml")}


def test_without_the_package_nothing_of_it_is_known() -> None:
    assert "breathe" not in step_kinds()


def test_a_new_step_kind_is_found(package: Path) -> None:
    assert step_kinds()["breathe"].name == "breathe"


def test_a_new_driver_is_found(files: dict[str, str]) -> None:
    from bench.config.rig import load_rig

    rig = load_rig(Path(files["rig"])).value
    made = drivers_of(rig, rig.channels().index)
    assert [type(made[part]).__name__ for part in ("dyno_l", "dyno_r")] == ["GentleDyno", "AkDyno"]


def test_a_run_with_a_new_step_a_new_driver_and_a_new_dut_passes(run_of: Runner, files: dict[str, str]) -> None:
    run = run_of(files["plan"])
    assert run.verdict.reasons == ()
    assert (run.verdict.verdict, run.verdict.points) == ("passed", 3)
    assert [step["kind"] for step in run.told("step_finished")] == ["soak", "efficiency_map", "breathe"]
    assert run.told("breathed")[0]["oil_degc"] > 0
    assert run.told("run_started")[0]["dut"] == "other_unit"
    assert run.points[0]["flange_l_speed_mean"] == pytest.approx(run.points[0]["speed_rpm"] / 9.1, rel=1e-3)
    assert sys.modules["bench_extras.gentle_dyno"].GentleDyno.greetings >= 1


def test_a_driver_that_nobody_offers_is_refused_with_a_remedy(run_of: Runner, tmp_path: Path) -> None:
    from bench.base.errors import InputError

    rig = find("rig", "e_axle_demo").read_text().replace("driver: ak_dyno", "driver: gentle_dyno", 1)
    (tmp_path / "unknown.yaml").write_text(rig)
    with pytest.raises(InputError, match="gentle_dyno"):
        run_of("smoke", rig=str(tmp_path / "unknown.yaml"))

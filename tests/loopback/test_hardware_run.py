"""The hardware world; the bench is what ``bench emulate`` started: strangers behind sockets and buses."""

import re
from pathlib import Path
from typing import Any

import pytest
from disturbed import again_if_disturbed, explained
from wall_runs import PLAN, faster_rig, wall_run

from bench.base.errors import InputError
from bench.config.located import Located
from bench.config.rig import Rig, load_rig
from bench.io.disk import DiskStorage
from bench.record.verify import verify
from bench.service.hardware_run import real_edges


def with_wires_at(places: dict[str, str]) -> str:
    """The rig, its wires ending at ``places``; the analyzer is reached over HiSLIP."""
    text = faster_rig()
    at = {**places, "analyzer": places["analyzer.hislip"]}
    for part in ("supply", "analyzer", "dyno_l", "dyno_r", "scanner"):
        text, count = re.subn(rf"(\b{part}:.*\n(?:.*\n)*?.*?resource: )\S+", rf"\g<1>{at[part]}", text, count=1)
        assert count == 1, part
    for role, channel in (("dut", "can0"), ("bench_io", "can1")):
        wire = places[f"can.{role}"].split()[1]
        assert f"interface: socketcan, channel: {channel}" in text
        text = text.replace(f"interface: socketcan, channel: {channel}", f"interface: benchwire, channel: {wire}")
    return text


def load(folder: Path, text: str) -> Located[Rig]:
    """A rig file of its own."""
    (folder / "rig.yaml").write_text(text)
    return load_rig(folder / "rig.yaml", "rig.yaml")


def test_everything_that_is_not_there_is_named_with_its_line(tmp_path: Path) -> None:
    nobody = {part: f"TCPIP::127.0.0.1::{9 + n}::SOCKET" for n, part in enumerate(("supply", "analyzer"))}
    text = faster_rig()
    for part, resource in nobody.items():
        text = re.sub(rf"(^{part}:\n(?:.*\n)*?.*?resource: )\S+", rf"\g<1>{resource}", text, count=1, flags=re.M)
    text = text.replace("interface: socketcan, channel: can0", "interface: no_such_maker, channel: can0")
    with pytest.raises(InputError) as caught:
        real_edges(load(tmp_path, text))
    problems = caught.value.problems
    messages = "\n".join(str(problem) for problem in problems)
    for word in ("supply cannot be reached", "analyzer cannot be reached", "no_such_maker"):
        assert word in messages
    assert "bench doctor" in messages
    assert all(problem.file == "rig.yaml" and problem.line > 1 for problem in problems)


@pytest.mark.slow
@again_if_disturbed(held_up_ms=300)
def test_a_plan_runs_on_whatever_the_rig_file_names(tmp_path: Path, emulated: Any) -> None:
    (tmp_path / "rig.yaml").write_text(with_wires_at(emulated.places))
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN.read_text().replace("at_least: 10 s", "at_least: 2 s"))
    arguments = ("run", str(plan), "--rig", str(tmp_path / "rig.yaml"), "--world", "hardware", "--json", "--out", "OUT")
    with explained(emulated.run.warnings()), wall_run(*arguments, private=emulated.run.private) as run:
        code, said = run.end()
        assert (code, said["verdict"], said["accepted"]) == (0, "passed", 1)
        storage = DiskStorage(run.folder, create=False)
        assert verify(storage) == []
        assert "truth.parquet" not in storage.names()
        assert not run.folder.name.startswith("20260101T000000Z"), "a real run has the time of day"
        assert run.told("core_safe") == [{"confirmed": True}]

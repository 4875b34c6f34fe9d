"""Who looks at the core's beat, on handed-in time."""

from types import SimpleNamespace
from typing import Any

from bench.io.lookout import Lookout
from bench.io.status import CORE, FINISHED, CoreWatch, make_status

MS = 1_000_000


class Scene:
    """A core that beats while ``alive``, looked at every 20 ms."""

    def __init__(self) -> None:
        self.t_ns, self.status = 0, make_status()
        self.watch = CoreWatch(self.status, self.clock)

    @property
    def clock(self) -> Any:
        return SimpleNamespace(now_ns=lambda: self.t_ns)

    def pass_ms(self, ms: int, alive: bool) -> list[bool]:
        seen = []
        for _ in range(ms // 20):
            self.t_ns += 20 * MS
            self.status[CORE]["beat"] += alive
            seen.append(self.watch.silent())
        return seen


def test_silence_counts_from_the_first_beat_on() -> None:
    scene = Scene()
    assert not any(scene.pass_ms(4000, alive=False)), "it compiles still"
    assert not any(scene.pass_ms(1000, alive=True))
    seen = scene.pass_ms(3000, alive=False)
    assert 2000 <= 20 * seen.index(True) <= 2040
    assert not scene.watch.ended()
    scene.pass_ms(2100, alive=False)
    assert scene.watch.ended()


def test_the_onlooker_s_own_pause_is_none_of_the_core_s() -> None:
    scene = Scene()
    scene.pass_ms(100, alive=True)
    scene.t_ns += 30_000 * MS
    assert not scene.watch.silent() and not scene.watch.ended()


def test_a_core_that_has_finished_is_not_silent() -> None:
    scene = Scene()
    scene.pass_ms(100, alive=True)
    scene.status[CORE]["phase"] = FINISHED
    assert not any(scene.pass_ms(4000, alive=False))
    assert scene.watch.ended()


def test_a_silent_core_is_ended_and_the_sequence_is_told_why() -> None:
    scene, killed = Scene(), []
    core = SimpleNamespace(alive=True, kill=lambda: killed.append(True))
    crew: Any = SimpleNamespace(children={"core": core}, failure=lambda: "")
    lookout = Lookout(crew, scene.status, scene.clock)
    for beats in [True] * 5 + [False] * 99:
        scene.t_ns += 20 * MS
        scene.status[CORE]["beat"] += beats
        assert lookout.failure() == ""
    for _ in range(5):
        scene.t_ns += 20 * MS
        lookout.failure()
    assert killed and "no sign of life" in lookout.failure()

"""Who wants the machine for himself gets it, and is not overtaken for ever."""

import threading
from pathlib import Path

from turns import Turns

PATIENCE_S = 10.0


def test_tests_share_the_machine_until_one_wants_it_alone(tmp_path: Path) -> None:
    mine, others, third = Turns(tmp_path), Turns(tmp_path), Turns(tmp_path)
    alone, come, over = threading.Event(), threading.Event(), threading.Event()

    def want_it_alone() -> None:
        with others.alone():
            alone.set()
            over.wait(PATIENCE_S)

    def come_later() -> None:
        with third.beside_others():
            come.set()

    with mine.beside_others(), third.beside_others():
        first = threading.Thread(target=want_it_alone)
        first.start()
        assert not alone.wait(0.05), "others are at work"
    assert alone.wait(PATIENCE_S)
    second = threading.Thread(target=come_later)
    second.start()
    assert not come.wait(0.05), "one is alone"
    over.set()
    assert come.wait(PATIENCE_S)
    first.join()
    second.join()

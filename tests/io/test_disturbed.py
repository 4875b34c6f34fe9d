"""What is tried again, and what never is."""

import os
import subprocess
import sys
import threading
import time

import pytest
from disturbed import TRIES, Disturbed, HeldUp, again_if_disturbed, explained


class Tries:
    """A test that fails as it is told, one answer for each try; ``words``: what the machine tells."""

    def __init__(self, *fails: bool, words: str = "") -> None:
        self.fails, self.words, self.number = list(fails), words, 0

    def __call__(self) -> None:
        self.number += 1
        with explained(lambda: self.words):
            assert not self.fails[self.number - 1], "seen something else"

    __name__ = "tries"


def test_what_fails_undisturbed_fails_at_once() -> None:
    tries = Tries(True, False)
    with pytest.raises(AssertionError, match="seen something else"):
        again_if_disturbed()(tries)()
    assert tries.number == 1


def test_what_was_disturbed_must_still_be_seen() -> None:
    tries = Tries(True, False, words="stood still for 93 ms")
    again_if_disturbed()(tries)()
    assert tries.number == 2


def test_what_was_disturbed_each_time_fails_and_tells() -> None:
    tries = Tries(*[True] * 9, words="stood still for 93 ms")
    with pytest.raises(AssertionError, match=r"(?s)disturbed in each of 3.*93 ms.*seen something else"):
        again_if_disturbed()(tries)()
    assert tries.number == TRIES == 3


def test_a_disturbance_alone_is_no_failure() -> None:
    tries = Tries(False, words="stood still for 93 ms")
    again_if_disturbed()(tries)()
    assert tries.number == 1


def test_an_exception_that_did_not_come_counts_as_a_failure() -> None:
    with pytest.raises(Disturbed), explained(lambda: "stood still"), pytest.raises(ValueError):
        pass


def test_a_cpu_that_another_process_has_is_noticed() -> None:
    before = os.sched_getaffinity(0)
    cpu = min(before)
    held_up = HeldUp(50.0)
    with subprocess.Popen(
        [sys.executable, "-c", f"import os; os.sched_setaffinity(0, {{{cpu}}})\nwhile True: pass"]
    ) as hog:
        try:
            os.sched_setaffinity(0, {cpu})
            began_s = time.monotonic()
            while not held_up.words() and time.monotonic() - began_s < 20.0:
                pass
        finally:
            os.sched_setaffinity(0, before)
            hog.kill()
    assert held_up.words().startswith("this process waited")


def test_a_process_that_stands_still_is_noticed_without_waiting_for_a_cpu() -> None:
    numbers = [hash((n, "any order")) for n in range(400_000)]
    with HeldUp(20.0) as held_up:
        sorted(numbers)  # nobody else of this process runs meanwhile
        words = held_up.words()
    assert words.startswith("this process ") and not HeldUp(20.0).words()
    assert "held up" not in [thread.name for thread in threading.enumerate()]

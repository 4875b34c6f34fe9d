"""How the Yokogawa WT family calls items and wiring."""

from collections.abc import Sequence

from drivers.power_analyzers.settings import Element, Item

WIRINGS = {"1P2W": "P1W2", "1P3W": "P1W3", "3P3W": "P3W3", "3P4W": "P3W4", "3V3A": "V3A3"}
"""A rig file's word -> the instrument's (IM WT3001E-17EN p.6-73)."""
SIGMAS = ("SIGMA", "SIGMB", "SIGMC")
"""The units of several inputs, in order."""
MOTOR_FUNCTIONS = ("TORQUE", "SPEED", "PM")


def wiring_words(elements: Sequence[Element], inputs: int) -> str:
    """``P1W2,V3A3,P1W2``: the units from the first input on; what is wired to nothing is a unit of its own."""
    starts = {element.numbers[0]: element for element in elements}
    words, number = [], 1
    while number <= inputs:
        element = starts.get(number)
        if element is None:
            words.append("P1W2")
            number += 1
            continue
        words.append(WIRINGS[element.wiring])
        number += len(element.numbers)
    return ",".join(words)


def item_word(item: Item, elements: Sequence[Element], *, modes: bool, indexed: bool) -> str:
    """``P,SIGMA`` of the phases, ``UDC,1``; with ``modes`` ``U,1``; ``TORQUE,1``, or without ``indexed`` ``TORQUE``."""
    function, numbers = item.function, item.numbers
    if function == "ETA":
        return f"ETA{numbers[0]}"
    if function in MOTOR_FUNCTIONS:
        return f"{function},{numbers[0]}" if indexed else function
    if modes and function in ("URMS", "UDC", "IRMS", "IDC"):
        function = function[0]
    if len(numbers) > 1:
        units = sorted(element.numbers for element in elements if len(element.numbers) > 1)
        return f"{function},{SIGMAS[units.index(numbers)]}"
    return f"{function},{numbers[0]}"

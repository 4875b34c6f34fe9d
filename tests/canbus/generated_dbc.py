"""Databases drawn at random: messages of 1 to 64 bytes full of signals of all kinds, one in three multiplexed."""

from collections.abc import Iterator

import numpy as np

SIZES = [1, 2, 3, 7, 8, 9, 12, 16, 17, 31, 32, 33, 48, 53, 60, 63, 64]
LENGTHS = [1, 2, 5, 8, 8, 8, 12, 20, 64]


def generated(seed: int, *, pages: bool = False) -> str:
    """The text of a DBC; ``pages``: with multiplexed messages."""
    random = np.random.default_rng(seed)
    lines, types = ['VERSION ""', "BU_: A B"], []
    for number, length in enumerate(LENGTHS):
        lines.append(f"BO_ {100 + number} M{number}: {length} A")
        if pages and number % 3 == 2:
            lines.append(' SG_ Page M : 0|3@1+ (1,0) [0|0] "" B')
            for page in (0, 1, 5):
                _fill(random, 100 + number, length, f"P{page}", f" m{page}", 7, lines, types)
        else:
            _fill(random, 100 + number, length, "S", "", 0, lines, types)
    return "\n".join([*lines, *types, ""])


def _fill(
    random: np.random.Generator,
    frame_id: int,
    length: int,
    stem: str,
    marker: str,
    taken: int,
    lines: list[str],
    types: list[str],
) -> None:
    for n, (places, big) in enumerate(_free_places(random, length, taken)):
        size, name = len(places), f"{stem}_{n}"
        is_float = size in (32, 64) and bool(random.integers(2))
        scale = 1 if is_float else random.choice(["1", "1.0", "0.5", "0.1", "0.02", "-0.25", "1000", "7", "-3"])
        offset = random.choice(["0", "-40", "0.5"])
        sign = "-" if is_float or random.integers(2) else "+"
        order = 0 if big else 1
        lines.append(f' SG_ {name}{marker} : {places[0]}|{size}@{order}{sign} ({scale},{offset}) [0|0] "" B')
        if is_float:
            types.append(f"SIG_VALTYPE_ {frame_id} {name} : {1 if size == 32 else 2};")


def _free_places(random: np.random.Generator, length: int, taken: int) -> Iterator[tuple[list[int], bool]]:
    """The places of one signal after the other, first that of the DBC's start bit, and whether it is Motorola."""
    for _ in range(25):
        size, big = int(random.choice(SIZES)), bool(random.integers(2))
        first = int(random.integers(8 * length))
        places = [i // 8 * 8 + 7 - i % 8 if big else i for i in range(first, first + size)]
        bits = sum(1 << place for place in places)
        if first + size <= 8 * length and not taken & bits:
            taken |= bits
            yield places, big

"""Loads hostile databases one after the other and prints what each cost; run by test_hostile.py under limits."""

import json
import random
import re
import resource
import sys
import time
from collections.abc import Iterator
from itertools import chain, pairwise
from pathlib import Path

from bench.base.errors import InputError
from bench.canbus import Database

HEAD = 'VERSION ""\nBU_: A\nBO_ 1 Good: 8 A\n SG_ S : 0|8@1+ (1,0) [0|200] "V" A\n'
PAGED = ' SG_ M M : 0|8@1+ (1,0) [0|0] "" A\n SG_ X m0 : 32|8@1+ (1,0) [0|0] "" A\n'
MUTATIONS = 80


def signal(name: str, mark: str, start: int, length: int = 1) -> str:
    return f' SG_ {name} {mark} : {start}|{length}@1+ (1,0) [0|0] "" A\n'


def hostile() -> Iterator[tuple[str, str]]:
    """Names and texts."""
    million = 1_000_000
    yield "DLC 65535", HEAD + "BO_ 2 B: 65535 A\n" + signal("T", "", 0, 8)
    yield "DLC 65535 on one line", HEAD + 'BO_ 2 B: 65535 A SG_ T : 0|8@1+ (1,0) [0|0] "" A\n'
    yield "DLC 1e9", HEAD + "BO_ 2 B : 1000000000 A\n"
    yield "signal of 1e9 bits", HEAD + "BO_ 2 B: 8 A\n" + signal("T", "", 0, 10**9)
    yield "signal at 1e9", HEAD + "BO_ 2 B: 8 A\n" + signal("T", "", 10**9, 8)
    yield "digits without end", HEAD + f"BO_ 2 B: {'9' * million} A\n"
    yield "name without end", HEAD + f"BO_ 2 {'B' * million}: 8 A\n"
    yield "comment of 1 MB", HEAD + f'CM_ BO_ 1 "{"x" * million}";\n'
    yield "three comments of 1 MB", HEAD + 'CM_ BO_ 1 "' + f'{"x" * million}";\nCM_ "' * 3 + '";\n'
    yield "comment without end", HEAD + f'CM_ BO_ 1 "{"x" * 3 * million}\n'
    yield "quotes in a comment", HEAD + 'CM_ BO_ 1 "' + '\\"' * 1 * million + '";\n'
    yield "backslashes", HEAD + 'CM_ BO_ 1 "' + "\\" * 3 * million
    yield "quotes", HEAD + '"' * million
    yield "blanks", HEAD + "BO_ " + " " * 3 * million
    yield "lines", HEAD + "\n" * 3 * million
    yield "signs", HEAD + ";" * 3 * million
    yield "values without end", HEAD + "VAL_ 1 S " * 120_000
    yield "attributes without end", HEAD + 'BA_ "a" ' * 120_000
    yield "nodes", HEAD + "BU_: " + " ".join(f"N{n}" for n in range(390_000)) + "\n"
    yield "senders", HEAD + "".join(f"BO_TX_BU_ 1 : A{n},B{n};\n" for n in range(40_000))
    yield "twins", HEAD + "".join(f"BO_ {1 << 31 | n % 4} B{n % 9}: 8 A\n" for n in range(9_000))
    yield "exponent", HEAD + 'BA_DEF_ BO_ "Z" INT 0 1e99999999;\n'
    yield "exponent in a text", HEAD + 'BA_DEF_ BO_ "Z" INT 0 1;\nBA_DEF_DEF_ "Z" " 1_0e9_9999999";\n'
    yield "factor 0", HEAD + 'BO_ 2 B: 8 A\n SG_ T : 0|8@1+ (0,0) [0|0] "" A\n'
    yield "factor infinite", HEAD + 'BO_ 2 B: 8 A\n SG_ T : 0|8@1+ (1e400,-1e999) [0|0] "" A\n'
    yield "pages without end", HEAD + f"BO_ 2 B: 8 A\n{PAGED}SG_MUL_VAL_ 2 X M 0-4294967295;\n"
    texts = " ".join(f'{n} "t"' for n in range(90_000))
    yield "pages by name", HEAD + f"BO_ 2 B: 8 A\n{PAGED}VAL_ 2 M {texts};\n"
    names = [f"M{n}" for n in range(60)]
    pairs = "".join(f"SG_MUL_VAL_ 2 {b} {a} 0-15;\n" for a, b in pairwise(names))
    yield (
        "a chain of selectors",
        HEAD + "BO_ 2 B: 64 A\n" + "".join(signal(name, "m0M", 8 * n, 8) for n, name in enumerate(names)) + pairs,
    )
    yield (
        "a circle of selectors",
        HEAD
        + "BO_ 2 B: 8 A\n"
        + signal("P", "m0M", 0)
        + signal("Q", "m0M", 1)
        + ("SG_MUL_VAL_ 2 P Q 0-1;\nSG_MUL_VAL_ 2 Q P 0-1;\n"),
    )
    yield "signals on one another", HEAD + "BO_ 2 B: 8 A\n" + "".join(signal(f"T{n}", "", n % 64) for n in range(9_000))
    yield (
        "pages on one another",
        HEAD
        + "".join(
            f"BO_ {m} B{m}: 8 A\n"
            + signal("M", "M", 0, 8)
            + "".join(signal(f"T{n}", f"m{n}", 8, 8) for n in range(990))
            for m in range(2, 10)
        ),
    )


def mutated(texts: list[str]) -> Iterator[tuple[str, str]]:
    """Texts with a few tokens replaced by others, or taken out, or doubled."""
    chance = random.Random(5)
    strange = ["", "0", "-1", "65535", "1e9", "1e400", "4294967296", '"', ";", "@", "M", "m0M", "SG_", "BO_", "BA_"]
    for n in range(MUTATIONS):
        tokens = re.findall(r'"[^"]*"|[\w.+-]+|\s+|.', chance.choice(texts), re.DOTALL)
        for _ in range(chance.randint(1, 4)):
            tokens[chance.randrange(len(tokens))] = chance.choice([*strange, chance.choice(tokens) * 2])
        yield f"mutation {n}", "".join(tokens)


def main() -> None:
    """Prints one JSON line a text: name, seconds of CPU, growth of memory so far in MB, whether it was loaded."""
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
    Database.from_text(HEAD, "warm-up")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    files = [path.read_text() for path in Path(sys.argv[1]).glob("*/*.dbc") if path.stat().st_size < 9_000]
    for name, text in chain(hostile(), mutated(files)):
        begin = time.process_time()
        try:
            Database.from_text(text, "x.dbc")
            loaded = True
        except InputError:
            loaded = False
        spent = time.process_time() - begin
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        sys.stdout.write(json.dumps([name, spent, grown, loaded]) + "\n")
        sys.stdout.flush()


main()

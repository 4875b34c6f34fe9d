"""``python -m bench.io.database_translator .arxml`` < file: one JSON object with the database as DBC text.

Runs by itself, with bounded processor time and memory, because what it reads may be hostile.
"""

import contextlib
import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

SIZE_MAX = 64_000_000
"""Bytes of a file: system descriptions of whole cars are that large."""

CPU_S, MEMORY_BYTES = 30, 2 << 30
"""Address space, of which Python and cantools take most before they have read anything."""

_ATTRIBUTES = """
BA_DEF_ BO_ "E2EProfile" STRING ;
BA_DEF_ BO_ "E2EDataID" INT 0 4294967295;
BA_DEF_ BO_ "E2EDataIDList" STRING ;
BA_DEF_DEF_ "E2EProfile" "None";
BA_DEF_DEF_ "E2EDataID" 0;
BA_DEF_DEF_ "E2EDataIDList" "";
"""
_NUMBER = re.compile(r"\d+")


def translate(content: bytes, ending: str) -> dict[str, Any]:
    """``{"dbc", "findings"}``, or ``{"error"}``. A message that may not be used is among the findings only."""
    import cantools

    if len(content) > SIZE_MAX:
        return {"error": f"it has more than {SIZE_MAX} bytes"}
    logging.disable()
    try:
        text = content.decode("utf-8-sig") if ending != ".sym" else content.decode("cp1252")
        parsed: Any = cantools.database.load_string(text, ending.removeprefix("."), strict=False, sort_signals=None)
        attributes, problems = _sorted_out(parsed.messages)
        good = [message for message in parsed.messages if message.name not in problems]
        findings = [f"message {name} {problem}; it cannot be used" for name, problem in problems.items()]
        if not good:
            return {"error": "; ".join(["it has no usable message", *findings[:3]])}
        kept = cantools.database.Database(good, parsed.nodes, parsed.buses, strict=False, sort_signals=None)
        dbc = kept.as_dbc_string(sort_signals=None, shorten_long_names=False)
    except Exception as error:  # cantools raises many types for a broken file (measured)
        return {"error": " ".join(str(error).split())[:500] or type(error).__name__}
    return {"dbc": dbc + attributes, "findings": findings}


def _sorted_out(messages: Iterable[Any]) -> tuple[str, dict[str, str]]:
    """What the messages say beyond DBC, as text of a DBC file; and why some cannot be used, by name."""
    lines: list[str] = []
    problems: dict[str, str] = {}
    for message in messages:
        try:
            lines += list(_autosar(message))
        except ValueError as error:
            problems[message.name] = str(error)
    return _ATTRIBUTES + "\n".join(lines) + "\n" if lines else "", problems


def _autosar(message: Any) -> Iterator[str]:
    """What only ARXML says of a message, as lines of a DBC file. Raises ``ValueError`` for what we cannot do."""
    if message.is_container:
        raise ValueError("is a container of several PDUs, which is not supported")
    if message.autosar is not None and message.autosar.is_secured:
        raise ValueError("is secured by SecOC, which is not supported")
    if message.autosar is not None and message.autosar.e2e is not None:
        yield from _protection(message)


def _protection(message: Any) -> Iterator[str]:
    """The E2E protection of an ARXML message as attributes of a DBC file. Raises ``ValueError``."""
    number = message.frame_id | (message.is_extended_frame << 31)
    e2e = message.autosar.e2e
    found = _NUMBER.search(e2e.category or "")
    if found is None:
        raise ValueError(f"is protected by E2E {e2e.category!r}, which is no known profile")
    ids = list(e2e.data_ids or ())
    yield f'BA_ "E2EProfile" BO_ {number} "P{int(found[0]):02d}";'
    if len(ids) == 1:
        yield f'BA_ "E2EDataID" BO_ {number} {ids[0]};'
    elif len(ids) == 16 and all(0 <= one <= 0xFF for one in ids):
        yield f'BA_ "E2EDataIDList" BO_ {number} "{bytes(ids).hex(" ")}";'
    else:
        raise ValueError(f"is protected by E2E with {len(ids)} data ids; known are 1 and 16 of one byte")


def _limit() -> None:
    """Bound what is left to be done; where the system knows no limits, the caller's time-out is all."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(arguments: Iterable[str]) -> None:
    """Read standard input, write standard output."""
    (ending,) = arguments
    _limit()
    json.dump(translate(sys.stdin.buffer.read(SIZE_MAX + 1), ending), sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])

"""AK telegrams: STX, one printable character, four letters, space, the rest, ETX.

Sources: TSI EEPS 3090 p.F-2; CAI 700 p.149, 152-153.
"""

import re
from typing import NamedTuple

from drivers.grammar import GrammarError

STX, ETX = b"\x02", b"\x03"
_REPLY = re.compile(rb"\x02[ -~]([A-Z?]{4}) ([0-9])(?: ([ -~]*))?\x03\r?", re.ASCII)
_CODE = re.compile(r"[SAE][A-Z0-9]{3}", re.ASCII)


class AkReply(NamedTuple):
    """Error status (0 ok, 1 to 9: stepping at each change of the error state) and the data fields."""

    error: int
    fields: tuple[bytes, ...]


def telegram(code: str, data: str = "", channel: str = "K0") -> bytes:
    """A command: ``code`` begins with S (control), A (read) or E (configure); ``channel`` may be empty."""
    if _CODE.fullmatch(code) is None:
        raise ValueError(f"{code!r} is no AK function code: four capitals, the first S, A or E")
    return STX + b" " + " ".join(part for part in (code, channel, data) if part).encode("ascii") + ETX


def parse(reply: bytes, code: bytes) -> AkReply:
    """The answer to ``code``. Raises ``GrammarError`` for a wrong form, an unknown function or another's answer."""
    match = _REPLY.fullmatch(reply)
    if match is None:
        raise GrammarError("an AK telegram STX ... ETX", reply)
    if match[1] != code:
        reason = "the function is unknown there" if match[1] == b"????" else "it answers another question"
        raise GrammarError(f"the answer to {code.decode()} ({reason})", reply)
    return AkReply(int(match[2]), tuple((match[3] or b"").split()))

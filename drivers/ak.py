"""The AK protocol: telegrams of both sides, and the table of functions with their usual mnemonics.

A host asks, the device acknowledges; nothing comes unasked. AK fixes the telegram and a few functions; set-points and
the layout of values are each maker's own, so every mnemonic can be renamed (``mnemonics``). Driver, emulator and the
reference page are made of ``FUNCTIONS``.

Sources: Rosemount Analytical, NGA 2000 Software Manual AK-Protocol, 90003752(1), 10/98 ("NGA"); testo CU-2 user manual,
chapter 7 ("CU-2"); CAI 700 p.149, 152-153; TSI EEPS 3090 p.F-2; Servomex SERVOPRO NOx p.165-172.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import NamedTuple

from drivers.command import UNVERIFIED, Command, Span
from drivers.grammar import GrammarError

STX, ETX = b"\x02", b"\x03"
UNKNOWN = b"????"
"""Echoed in place of a function that the device does not know (CU-2 p.27)."""
_REPLY = re.compile(rb"\x02[ -~]([A-Z?][A-Z0-9?]{3}) ([0-9])(?: ([ -~\r\n]*))?\x03\r?\n?", re.ASCII)
_COMMAND = re.compile(rb"[\r\n]*\x02[ -~]([SAE][A-Z0-9]{3})(?: (K[0-9]{1,3}))?(?: ([ -~]*))?\x03", re.ASCII)
_CODE = re.compile(r"[SAE][A-Z0-9]{3}", re.ASCII)
_CHANNEL = re.compile(rb"K[0-9]{1,3}", re.ASCII)

REFUSALS: Mapping[bytes, str] = {
    b"BS": "busy with another function, or under control of another host",
    b"SE": "syntax error in the data",
    b"DF": "the data cannot be used",
    b"OF": "not under remote control",
    b"NA": "there is no such channel",
}
"""What stands in place of data when a function is not carried out (NGA p.1-9, 1-10 to 1-17; CU-2 p.28)."""


_OWN = f"{UNVERIFIED}: each maker's own"
_SPEED = Span(-1.0, 1.0, "the highest speed")
_WATCHDOG = Span(0, 60_000)

FUNCTIONS: tuple[Command, ...] = (
    Command(
        "identity", "AKEN", "identification of the device", reply="maker,model,serial,firmware",
        source=f"NGA p.2-56, a device tag; the four fields {UNVERIFIED}",
    ),
    Command(
        "state", "ASTZ", "who controls (SRBS: another host), and the function that led to the present state",
        reply="SREM|SMAN|SRBS code", source="NGA p.2-76; CU-2 p.32",
    ),
    Command("faults", "ASTF", "numbers of all present errors; 0 or nothing: none", reply="[NR1 ...]",
            source="NGA p.2-74; CU-2 p.32"),
    Command("remote", "SREM", "remote control by this host", source="CU-2 p.28"),
    Command("manual", "SMAN", "manual control at the device", source="CU-2 p.28"),
    Command("reset", "SRES", "reset; errors are forgotten", source="CU-2 p.28"),
    Command("free", "STBY", "stand by: the shaft runs free", source="CU-2 p.28; for a drive " + UNVERIFIED),
    Command("hold", "SHLD", "hold the speed of the set-point", source=_OWN),
    Command(
        "values", "AKON", "speed, torque, state (0 stand by, 1 holds, 2 error, 3 manual); # for a defect channel",
        "rpm, Nm, 1", reply="NR2 NR2 NR1", source=f"CU-2 p.32, Servomex p.172; the layout is {_OWN}",
    ),
    Command("set_speed", "SSPD", "speed set-point", "rpm", _SPEED, source=_OWN),
    Command("speed_in_force", "ASPD", "speed set-point in force", "rpm", _SPEED, "NR2", _OWN),
    Command("set_watchdog", "EWDG", "time without a telegram after which the drive holds zero speed; 0: none", "ms",
            _WATCHDOG, source=_OWN),
    Command("watchdog_in_force", "AWDG", "this time as it is in force", "ms", _WATCHDOG, "NR1", _OWN),
)  # fmt: skip
"""``name`` is the use in a rig file, ``text`` the usual code; its first letter tells what it does: S controls, A reads,
E configures. ``reply`` is what follows the error status."""


def mnemonics(renamed: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """The mnemonic of each use; ``renamed``: a maker's own where given.

    Raises ``ValueError`` for a use that does not exist, a form that is no AK code, or one code for two uses.
    """
    codes = {function.name: function.text for function in FUNCTIONS}
    for use, code in (renamed or {}).items():
        if use not in codes:
            near = get_close_matches(use, codes, 1) or sorted(codes)
            raise ValueError(f"AK has no function {use!r}; did you mean {near[0]!r}?")
        codes[use] = _checked(code) if code else codes[use]
    uses: dict[str, str] = {}
    for use, code in codes.items():
        if code in uses:
            raise ValueError(f"the mnemonic {code} would mean {uses[code]!r} and {use!r}; give each its own")
        uses[code] = use
    return codes


# --- the host's side --------------------------------------------------------------------------------------------------


class AkReply(NamedTuple):
    """Error status (0 ok, 1 to 9: stepping at each change of the error state) and the data fields."""

    error: int
    fields: tuple[bytes, ...]

    @property
    def refusal(self) -> str:
        """Why the function was not carried out, in words; empty if it was. The channel may stand before the word."""
        words = [field for field in self.fields if not _CHANNEL.fullmatch(field)]
        if not words or any(word not in REFUSALS for word in words):
            return ""
        return ", ".join(f"{word.decode()}: {REFUSALS[word]}" for word in words)


def telegram(code: str, data: str = "", channel: str = "K0") -> bytes:
    """A command; ``channel`` K0 is the whole device, empty where a device wants none. Raises ``ValueError``."""
    return STX + b" " + " ".join(part for part in (_checked(code), channel, data) if part).encode("ascii") + ETX


def parse(reply: bytes, code: bytes) -> AkReply:
    """The answer to ``code``. Raises ``GrammarError`` for a wrong form, an unknown function or another's answer."""
    match = _REPLY.fullmatch(reply)
    if match is None:
        raise GrammarError("an AK telegram STX ... ETX", reply)
    if match[1] != code:
        reason = "the function is unknown there" if match[1] == UNKNOWN else "it answers another question"
        raise GrammarError(f"the answer to {code.decode()} ({reason})", reply)
    return AkReply(int(match[2]), tuple((match[3] or b"").split()))


# --- the device's side ------------------------------------------------------------------------------------------------


class AkCommand(NamedTuple):
    """A command as the device reads it; ``channel`` is empty where none was given."""

    code: bytes
    channel: bytes
    data: bytes


def parse_command(message: bytes) -> AkCommand:
    """Raises ``GrammarError``: such a message is answered with ``UNKNOWN``."""
    match = _COMMAND.fullmatch(message)
    if match is None:
        raise GrammarError("an AK command STX x CODE Kn ETX", message)
    return AkCommand(match[1], match[2] or b"", match[3] or b"")


def acknowledge(code: bytes, error: int, data: bytes = b"") -> bytes:
    """The device's answer with its error status."""
    return b"\x02 %b %d%b\x03" % (code, error, b" " + data if data else b"")


def _checked(code: str) -> str:
    if _CODE.fullmatch(code) is None:
        raise ValueError(f"{code!r} is no AK function code: four capitals or digits, the first S, A or E")
    return code

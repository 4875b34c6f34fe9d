"""The page about end-to-end protection: profiles and windows as the code has them."""

from typing import Any

from markdown_table import table


def e2e_page() -> str:
    """All of it."""
    from bench.canbus.e2e_receiver import FrameStatus, State
    from bench.canbus.protection import HEADERS, Windows

    def place(part: Any) -> str:
        if part is None:
            return "-"
        if part.bits == 4:
            return f"{part.byte}, low nibble"
        order = "" if part.bits == 8 else " BE" if part.big_endian else " LE"
        return f"{part.byte}" if part.bits == 8 else f"{part.byte}-{part.byte + part.bits // 8 - 1}{order}"

    headers = (
        (
            f"`{profile.name}`", str(header.size), place(header.crc), _CRC_OF_PROFILE[profile.name],
            place(header.counter), f"0 .. {header.cycle - 1}", place(header.length), place(header.data_id),
        )
        for profile, header in HEADERS.items()
    )  # fmt: skip
    windows = (
        (name.upper(), *(f"`E2E{what}{name}` {value}" for what, value in zip(_OF_WINDOW, window, strict=True)))
        for name, window in zip(("Init", "Valid", "Invalid"), Windows(), strict=True)
    )
    numbers = ", ".join(f"{status.name} {status.value}" for status in FrameStatus)
    states = ", ".join(f"{state.name} {state.value}" for state in State)
    head = ("profile", "bytes", "CRC at", "CRC", "counter at", "counter", "length at", "data id at")
    return _E2E.format(
        headers=table(head, headers).rstrip(),
        windows=table(("state", "last cycles", "of them good, at least", "errors, at most"), windows).rstrip(),
        numbers=numbers,
        states=states,
    )


_OF_WINDOW = ("WindowSize", "MinOkState", "MaxErrorState")
_OF_ID = "CRC-8 0x1D, start 0, over the data id's part, then all other bytes"
_OF_LIST = "CRC-8 0x2F over all other bytes, then `E2EDataIDList`[counter]"
_CRC_OF_PROFILE = {
    "P01": _OF_ID,
    "P11": _OF_ID,
    "P02": _OF_LIST,
    "P22": _OF_LIST,
    "J1850": "CRC-8 SAE J1850 over all other bytes",
    "P04": "CRC-32 0xF4ACFB13 over all other bytes",
    "P05": "CRC-16 CCITT-FALSE over all other bytes, then the data id, low byte first",
    "P06": "CRC-16 CCITT-FALSE over all other bytes, then the data id, high byte first",
    "P07": "CRC-64 0x42F0E1EBA9EA3693 over all other bytes",
}
_E2E = """# End-to-end protection (E2E)

## Profiles

{headers}

Places are bytes from the first of the header, which `E2EOffset` moves back; BE is high byte first, LE low byte first.
The header must fit the message: P04 and P07 need CAN FD. Profiles 1 and 11 take in the data id by
`E2EDataIDMode`: `BOTH` bytes, `ALT` (low byte with an even counter, high byte with an odd one), `LOW` byte, or
`NIBBLE` (low byte, then 0; the next four bits of the id are sent in the high nibble of the counter's byte). P11 knows
`BOTH` and `NIBBLE`.

## What a database says

Attributes of a message: `E2EProfile` (enumeration: `None` or a name above), `E2EDataID`, `E2EDataIDMode`,
`E2EDataIDList` (text, 16 bytes in hexadecimal, for P02 and P22), `E2EMaxDeltaCounter` (3), `E2EOffset` (0) and those of
the windows below. CRC and counter must be signals of their own, exactly on their places; signals on the length or the
data id likewise. A protection that cannot be is a finding with its line and remedy, and the message cannot be used.

## What a receiver makes of it

Each cycle of `GenMsgCycleTime` has a status: {numbers}. An error is a wrong length, data id or CRC. A
counter that moved by 1 to `E2EMaxDeltaCounter` steps is good, 0 is repeated, more is a wrong sequence; the next frame
is judged from there. The first frame may have any counter. A cycle has no new data when half a period has passed since
its frame was due.

The receiver is in one of the states {states}. Each state looks at the last cycles of its own window
(the database's attribute and its default):

{windows}

| from | to | when |
| --- | --- | --- |
| NO_DATA | INIT | any status but an error or no new data |
| INIT | VALID | enough good cycles, not too many errors |
| INIT | INVALID | too many errors |
| VALID | INVALID | too few good cycles, or too many errors |
| INVALID | VALID | enough good cycles, not too many errors |

A state with a longer window than the last one forgets the cycles before the last one's window. AUTOSAR's rules are
checked: MinOk + MaxError <= WindowSize; 1 <= MinOk Valid <= Init <= Invalid; MaxError Valid >= Init >= Invalid; the
window of VALID is the longest. A window has at most 64 cycles (a limit of ours).

**Values enter the bench only from a good frame while the state is VALID.** With the defaults the first frame of a
message is not used yet, the third error of ten costs the trust, and three cycles without an error give it back. The
stops on a frozen counter, on three bad frames of ten and on silence are judged besides, as
[stops](stops.md) has them.

## In Python

`bench.canbus.e2e` has `protect` and `check` for one frame, `bench.canbus.e2e_receiver` the `Receiver` for a sequence,
`bench.canbus.e2e_log` `check_log` for whole logs (tens of millions of short frames a second).

## How far this is proven

- CRC values and headers equal the vectors of an independent model and the package autosar-e2e 1.0.0, in property
  tests in both directions: profiles 1, 4, 5, 6, 7, 11 with offsets, 2 without (the package has none there).
- P22 equals vectors of the Rust crate autosar-e2e 1.0.0; J1850 the package's CRC-8 and seven published vectors.
- The state machine equals a second one, written from its description, in property tests.
- **Not compared with the AUTOSAR documents**, neither headers nor state machine. Of these the receiver differs at least
  in one thing known to us: the allowed step of the counter does not grow while frames are missing.
- No safety function is allocated to this software; E2E here finds mistakes of a bench and of a unit under test.
"""

"""Dialogues with an AK drive, typed from the manuals and not from our table: driver and emulator both must pass them.

Telegram: CAI 700 p.149, testo CU-2 p.26-27. Words of refusal: NGA 2000 AK-Protocol 90003752 p.1-9, 1-10 to 1-17.
Status: NGA p.2-76 (SREM or SMAN first), errors: p.2-74. The S, A and E functions of a drive are the emulated one's own.
"""

Pair = tuple[bytes, bytes]

IDENTITY: tuple[Pair, ...] = ((b"\x02 AKEN K0\x03", b"\x02 AKEN 0 bench,emulated AK drive,D-0231,1.0\x03"),)

SET_UP: tuple[Pair, ...] = (
    (b"\x02 SREM K0\x03", b"\x02 SREM 0\x03"),
    (b"\x02 STBY K0\x03", b"\x02 STBY 0\x03"),
    (b"\x02 EWDG K0 500\x03", b"\x02 EWDG 0\x03"),
    (b"\x02 SSPD K0 0.00\x03", b"\x02 SSPD 0\x03"),
    (b"\x02 ASPD K0\x03", b"\x02 ASPD 0 0.00\x03"),
    (b"\x02 ASTZ K0\x03", b"\x02 ASTZ 0 SREM STBY\x03"),
    (b"\x02 ASTF K0\x03", b"\x02 ASTF 0 0\x03"),
    (b"\x02 AWDG K0\x03", b"\x02 AWDG 0 500\x03"),
)
SPEED_150: tuple[Pair, ...] = (
    (b"\x02 SSPD K0 150.00\x03", b"\x02 SSPD 0\x03"),
    (b"\x02 ASPD K0\x03", b"\x02 ASPD 0 150.00\x03"),
)
HOLD: tuple[Pair, ...] = ((b"\x02 SHLD K0\x03", b"\x02 SHLD 0\x03"),)
LET_GO: tuple[Pair, ...] = ((b"\x02 STBY K0\x03", b"\x02 STBY 0\x03"),)
VALUES: tuple[Pair, ...] = ((b"\x02 AKON K0\x03", b"\x02 AKON 0 300.25 -512.50 1\x03"),)
"""With 300.25 rpm and -512.5 Nm, holding."""
TRIPPED: tuple[Pair, ...] = ((b"\x02 AKON K0\x03", b"\x02 AKON 1 300.25 -512.50 2\x03"),)
"""The error status has stepped once."""

MANUAL: tuple[Pair, ...] = (
    (b"\x02 SHLD K0\x03", b"\x02 SHLD 0 OF\x03"),
    (b"\x02 SSPD K0 150.00\x03", b"\x02 SSPD 0 OF\x03"),
    (b"\x02 ASTZ K0\x03", b"\x02 ASTZ 0 SMAN STBY\x03"),
)
"""A drive that is not under remote control only answers questions."""

MISTAKES: tuple[Pair, ...] = (
    (b"\x02 SSPD K0 9000.00\x03", b"\x02 SSPD 0 DF\x03"),
    (b"\x02 SSPD K0 fast\x03", b"\x02 SSPD 0 SE\x03"),
    (b"\x02 SSPD K0\x03", b"\x02 SSPD 0 SE\x03"),
    (b"\x02 EWDG K0 0.5\x03", b"\x02 EWDG 0 SE\x03"),
    (b"\x02 AKEN K7\x03", b"\x02 AKEN 0 K7 NA\x03"),
    (b"\x02 XXXX K0\x03", b"\x02 ???? 0\x03"),
    (b"\x02 akon K0\x03", b"\x02 ???? 0\x03"),
    (b"\x02\x03", b"\x02 ???? 0\x03"),
)
"""Under remote control; the highest speed is 2500 rpm."""

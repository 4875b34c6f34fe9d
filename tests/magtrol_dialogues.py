"""Dialogues with a Magtrol controller, typed from the manuals: driver and emulator both must pass them.

DSP7000 p.71 (SddddddTdddd.R, A in place of the direction), p.74 (upper case, CR LF, one command a line), p.76, 81-83;
DSP6001 p.69-70, and its data as public code shows them: ``S    0T0.488R``, ``S 1728T22.60L``. Commands of speed are
those of the driver's table (``unverified``).
"""

Pair = tuple[bytes, bytes]

SET_UP_7000: tuple[Pair, ...] = (
    (b"MODE0\r\n", b""),
    (b"I1\r\n", b""),
    (b"N1\r\n", b""),
    (b"Q1\r\n", b""),
    (b"STAT\r\n", b"0\r\n"),
    (b"OD1\r\n", b"S     0T  0.0R\r\n"),
)
HOLD_7000: tuple[Pair, ...] = ((b"N1,1500.0\r\n", b""),)
FREE_7000: tuple[Pair, ...] = ((b"N1\r\n", b""), (b"Q1\r\n", b""))
DATA_7000: tuple[Pair, ...] = ((b"OD1\r\n", b"S  1500T120.5R\r\n"),)
"""1500 rpm clockwise, braking with 120.5 Nm."""
ALARM_7000: tuple[Pair, ...] = ((b"OD1\r\n", b"S  1500T120.5A\r\n"),)

SET_UP_6001: tuple[Pair, ...] = (
    (b"I\r\n", b""),
    (b"N\r\n", b""),
    (b"Q\r\n", b""),
    (b"ALS8000.0\r\n", b""),
    (b"ALT300.0\r\n", b""),
    (b"ALP60.0\r\n", b""),
    (b"ALL1\r\n", b""),
    (b"OD\r\n", b"S    0T  0.0R\r\n"),
)
HOLD_6001: tuple[Pair, ...] = ((b"N1500.0\r\n", b""),)
DATA_6001: tuple[Pair, ...] = ((b"OD\r\n", b"S 1500T120.5R\r\n"),)

BEEPS: tuple[bytes, ...] = (
    b"od1\r\n", b"OD1\n", b"OD2\r\n", b"OD1;OD1\r\n", b"N1,fast\r\n", b"N1,\r\n", b"N1,-5\r\n", b"STAT?\r\n", b"\r\n",
    b"N1,9999\r\n", b"ALS100\r\n",
)  # fmt: skip
"""What a DSP7000 with a brake for 8000 rpm does not take: nothing comes back, the beep is counted."""

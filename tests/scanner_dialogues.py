"""What is said to the DAQ970A and what it answers, typed from the manuals named in its command table.

Driver and emulator must both pass them: one command table feeds both, so it could hide one mistake in both. The
emulated unit stands still at ``TRUTH`` and is exact.
"""

Pair = tuple[bytes, bytes]

TRUTH = {"winding_degc": 81.25, "oil_degc": 70.5}
AMBIENT = 23.0

IDENTITY: Pair = (  # Programming Guide p.149
    b"*IDN?\n",
    b"Keysight Technologies,DAQ970A,MY12345678,A.02.04-00.16-11.29-00.02-02-01\n",
)
NO_ERROR: Pair = (b"SYST:ERR?\n", b'+0,"No error"\n')

WRITTEN: tuple[Pair, ...] = (
    (b"ABOR\n", b""),
    NO_ERROR,
    (b"CONF:TEMP TC,K,(@101,103)\n", b""),
    (b"CONF:TEMP TC,T,(@102)\n", b""),
    (b"TEMP:TRAN:TC:RJUN:TYPE INT,(@101,102,103)\n", b""),
    (b"TEMP:TRAN:TC:CHEC ON,(@101,102,103)\n", b""),
    (b"TEMP:NPLC 0.02,(@101,102,103)\n", b""),
    (b"UNIT:TEMP C,(@101,102,103)\n", b""),
    (b"ROUT:SCAN (@101,102,103)\n", b""),
    (b"TRIG:SOUR IMM\n", b""),
    (b"TRIG:COUN 1\n", b""),
    (b"FORM:READ:CHAN ON\n", b""),
    (b"FORM:READ:UNIT OFF\n", b""),
    (b"FORM:READ:TIME OFF\n", b""),
    (b"FORM:READ:ALAR OFF\n", b""),
    NO_ERROR,
)
READ_BACK: tuple[Pair, ...] = (
    (b"FUNC? (@101,102,103)\n", b'"TEMP","TEMP","TEMP"\n'),
    (b"TEMP:TRAN:TYPE? (@101,102,103)\n", b"TC,TC,TC\n"),
    (b"TEMP:TRAN:TC:TYPE? (@101,102,103)\n", b"K,T,K\n"),
    (b"TEMP:TRAN:TC:RJUN:TYPE? (@101,102,103)\n", b"INT,INT,INT\n"),
    (b"TEMP:TRAN:TC:CHEC? (@101,102,103)\n", b"1,1,1\n"),
    (b"TEMP:NPLC? (@101,102,103)\n", b"+2.00000000E-02,+2.00000000E-02,+2.00000000E-02\n"),
    (b"UNIT:TEMP? (@101,102,103)\n", b"C,C,C\n"),
    (b"ROUT:SCAN?\n", b"#214(@101,102,103)\n"),  # this very answer: User Manual p.228
    (b"TRIG:SOUR?\n", b"IMM\n"),
    (b"TRIG:COUN?\n", b"+1.00000000E+00\n"),
    (b"FORM:READ:CHAN?\n", b"1\n"),
    (b"FORM:READ:UNIT?\n", b"0\n"),
    (b"FORM:READ:TIME?\n", b"0\n"),
    (b"FORM:READ:ALAR?\n", b"0\n"),
)
READ: Pair = (b"READ?\n", b"+8.12500000E+01,101,+7.05000000E+01,102,+2.30000000E+01,103\n")
READ_OPEN: Pair = (b"READ?\n", b"+8.12500000E+01,101,+9.90000000E+37,102,+2.30000000E+01,103\n")

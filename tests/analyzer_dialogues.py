"""Dialogues of power analyzers, typed from manuals and public programs, not from our tables: drivers must speak them,
emulators must answer them."""

from typing import NamedTuple

Pair = tuple[bytes, bytes]


class Example(NamedTuple):
    """What a manual's example sets, asks and answers, with its page."""

    set: bytes
    ask: bytes
    answer: bytes
    page: str


def shown(header: str, page: str, written: str, answered: str = "", before: str = "") -> Example:
    """An example as the manual prints it: set, asked, answered with its header."""
    answer = f":{header} {answered or written}".encode()
    return Example(f"{before}:{header} {written}".encode(), f":{header}?".encode(), answer, page)


PULSES = ":MOTOR:SPEED:TYPE PULSE;:MOTOR:TORQUE:TYPE PULSE;"
WT3000E_EXAMPLES = [
    shown("COMMUNICATE:HEADER", "6-24", "ON", "1"),
    shown("COMMUNICATE:REMOTE", "6-24", "ON", "1"),
    shown("COMMUNICATE:VERBOSE", "6-25", "ON", "1"),
    shown("INPUT:CFACTOR", "6-66", "3"),
    shown("INPUT:CURRENT:AUTO:ELEMENT1", "6-67", "ON", "1"),
    shown("INPUT:CURRENT:MODE:ELEMENT1", "6-67", "RMS"),
    shown("INPUT:CURRENT:RANGE:ELEMENT1", "6-68", "30A", "30.0E+00"),
    shown("INPUT:FILTER:FREQUENCY:ELEMENT1", "6-69", "ON", "1"),
    shown("INPUT:FILTER:LINE:ELEMENT1", "6-69", "OFF"),
    shown("INPUT:NULL", "6-70", "ON", "1"),
    shown("INPUT:SCALING:VT:ELEMENT1", "6-70", "1", "1.0000"),
    shown("INPUT:SCALING:STATE:ELEMENT1", "6-71", "OFF", "0"),
    shown("INPUT:SYNCHRONIZE:ELEMENT1", "6-71", "I1"),
    shown("INPUT:VOLTAGE:AUTO:ELEMENT1", "6-71", "ON", "1"),
    shown("INPUT:VOLTAGE:RANGE:ELEMENT1", "6-72", "1000V", "1.000E+03"),
    shown("INPUT:WIRING", "6-73", "P1W2,P1W2,P1W2,P1W2"),
    shown("INPUT:WIRING", "6-73", "P1W3,P3W3"),
    shown("INTEGRATE:MODE", "6-74", "NORMAL"),
    Example(b":INTEGRATE:RESET", b":INTEGRATE:STATE?", b"RESET", "6-74"),
    shown("INTEGRATE:TIMER", "6-75", "1,0,0"),
    shown("MEASURE:AVERAGING:STATE", "6-76", "ON", "1"),
    shown("MEASURE:EFFICIENCY:ETA1", "6-78", "PB,PA"),
    shown("MOTOR:PM:SCALING", "6-81", "1", "1.0000"),
    shown("MOTOR:SPEED:PRANGE", "6-82", "10000,0", "10000.0000,0.0000", PULSES),
    shown("MOTOR:SPEED:PULSE", "6-82", "60", "", PULSES),
    shown("MOTOR:SPEED:SCALING", "6-82", "1", "1.0000"),
    shown("MOTOR:SPEED:TYPE", "6-82", "ANALOG"),
    shown("MOTOR:SYNCHRONIZE", "6-82", "NONE"),
    shown("MOTOR:TORQUE:PRANGE", "6-83", "50,-50", "50.0000,-50.0000", PULSES),
    shown("MOTOR:TORQUE:RATE:UPPER", "6-83", "50,15kHz", "50.0000,15.000E+03", PULSES),
    shown("MOTOR:TORQUE:SCALING", "6-83", "1", "1.0000"),
    shown("NUMERIC:FORMAT", "6-91", "ASCII"),
    shown("NUMERIC:HOLD", "6-92", "ON", "1"),
    shown("NUMERIC:NORMAL:ITEM1", "6-95", "U,1,TOTAL"),
    shown("NUMERIC:NORMAL:NUMBER", "6-95", "15"),
    shown("RATE", "6-102", "500MS", "500.0E-03"),
    shown("STATUS:FILTER2", "6-103", "RISE"),
    Example(b"*CLS", b":STATUS:ERROR?", b'0,"No error"', "6-103, 6-114"),
    Example(b"*CLS", b"*IDN?", b"YOKOGAWA,WT3004E-2A0-30A4,0,F6.01", "6-114"),
]
"""IM WT3001E-17EN, with header and long words as after power on."""

WT3000E_SET_UP: list[Pair] = [
    (b":COMMunicate:REMote ON", b"1"),
    (b":COMMunicate:HEADer OFF", b"0"),
    (b":COMMunicate:VERBose OFF", b"0"),
    (b":HOLD OFF", b"0"),
    (b":NUMeric:HOLD OFF", b"0"),
    (b":STATus:FILTer1 FALL", b"FALL"),
    (b":RATE 50MS", b"50.00E-03"),
    (b":MEASure:AVERaging:STATe OFF", b"0"),
    (b":INPut:CFACtor 3", b"3"),
    (b":INPut:NULL OFF", b"0"),
    (b":INPut:WIRing P1W2,V3A3", b"P1W2,V3A3"),
    (b":INPut:VOLTage:AUTO:ELEMent1 OFF", b"0"),
    (b":INPut:CURRent:AUTO:ELEMent1 OFF", b"0"),
    (b":INPut:VOLTage:MODE:ELEMent1 DC", b"DC"),
    (b":INPut:CURRent:MODE:ELEMent1 DC", b"DC"),
    (b":INPut:SCALing:STATe:ELEMent1 ON", b"1"),
    (b":INPut:SCALing:VT:ELEMent1 1", b"1.0000"),
    (b":INPut:SCALing:CT:ELEMent1 1000", b"1000.0000"),
    (b":INPut:SCALing:SFACtor:ELEMent1 1", b"1.0000"),
    (b":INPut:FILTer:LINE:ELEMent1 OFF", b"OFF"),
    (b":INPut:FILTer:FREQuency:ELEMent1 ON", b"1"),
    (b":INPut:SYNChronize:ELEMent1 I2", b"I2"),
    *(
        pair
        for n in (b"2", b"3", b"4")
        for pair in (
            (b":INPut:VOLTage:AUTO:ELEMent" + n + b" OFF", b"0"),
            (b":INPut:CURRent:AUTO:ELEMent" + n + b" OFF", b"0"),
            (b":INPut:VOLTage:MODE:ELEMent" + n + b" RMS", b"RMS"),
            (b":INPut:CURRent:MODE:ELEMent" + n + b" RMS", b"RMS"),
            (b":INPut:SCALing:STATe:ELEMent" + n + b" ON", b"1"),
            (b":INPut:SCALing:VT:ELEMent" + n + b" 1", b"1.0000"),
            (b":INPut:SCALing:CT:ELEMent" + n + b" 1", b"1.0000"),
            (b":INPut:SCALing:SFACtor:ELEMent" + n + b" 1", b"1.0000"),
            (b":INPut:FILTer:LINE:ELEMent" + n + b" OFF", b"OFF"),
            (b":INPut:FILTer:FREQuency:ELEMent" + n + b" ON", b"1"),
            (b":INPut:SYNChronize:ELEMent" + n + b" I2", b"I2"),
        )
    ),
    (b":MOTor:SYNChronize I2", b"I2"),
    (b":MOTor:PM:SCALing 1", b"1.0000"),
    (b":MOTor:TORQue:TYPE PULSE", b"PULS"),
    (b":MOTor:TORQue:PRANge 2400,-2400", b"2400.0000,-2400.0000"),
    (b":MOTor:TORQue:RATE:UPPer 2000,90000", b"2000.0000,90.000E+03"),
    (b":MOTor:TORQue:RATE:LOWer -2000,30000", b"-2000.0000,30.000E+03"),
    (b":MOTor:TORQue:SCALing 1", b"1.0000"),
    (b":MOTor:SPEed:TYPE PULSE", b"PULS"),
    (b":MOTor:SPEed:PRANge 20000,0", b"20000.0000,0.0000"),
    (b":MOTor:SPEed:PULSe 1024", b"1024"),
    (b":MOTor:SPEed:SCALing 1", b"1.0000"),
    (b":MEASure:EFFiciency:ETA1 PM,P1", b"PM,P1"),
    (b":NUMeric:FORMat FLOAT", b"FLO"),
    (b":NUMeric:NORMal:NUMber 6", b"6"),
    (b":NUMeric:NORMal:ITEM1 U,1", b"U,1,TOT"),
    (b":NUMeric:NORMal:ITEM2 P,1", b"P,1,TOT"),
    (b":NUMeric:NORMal:ITEM3 P,SIGMA", b"P,SIGMA,TOT"),
    (b":NUMeric:NORMal:ITEM4 FI,2", b"FI,2"),
    (b":NUMeric:NORMal:ITEM5 TORQUE", b"TORQUE"),
    (b":NUMeric:NORMal:ITEM6 ETA1", b"ETA1"),
    (b":NUMeric:NORMal:ITEM7 WH,1", b"WH,1"),
    (b":NUMeric:NORMal:ITEM8 WH,SIGMA", b"WH,SIGMA"),
    (b":NUMeric:NORMal:ITEM9 TIME,1", b"TIME,1"),
    (b":INPut:VOLTage:RANGe:ELEMent1 600", b"600.0E+00"),
    (b":INPut:CURRent:RANGe:ELEMent1 0.5", b"500E-03"),
    *((b":INPut:VOLTage:RANGe:ELEMent" + n + b" 300", b"300.0E+00") for n in (b"2", b"3", b"4")),
    *((b":INPut:CURRent:RANGe:ELEMent" + n + b" 30", b"30.0E+00") for n in (b"2", b"3", b"4")),
]
"""One DC input, three phases, one flange: setting, and its answer with header and long words off."""

WT_READ = b"*CLS;:COMMunicate:WAIT 1;:NUMeric:NORMal:VALue?\n"
"""An event is waited for with COMMunicate:WAIT (p.6-25); *CLS clears those that have been (p.6-114)."""

LMG_SET_UP: list[Pair] = [
    (b"*ZLANG SCPI;:SENS:ZPR 0;*ZLANG SHORT", b"0"),
    (b"*ZLANG SCPI;:SENS:GRO:LIST 7;*ZLANG SHORT", b"7"),
    (b"FRMT ASCII", b"ASCII"),
    (b"CYCLMOD 0", b"0"),
    (b"CYCL 0.05", b"5.000000E-02"),
    (b"SYNC I2", b"I2"),
    (b"FAUTO 0", b"0"),
    (b"LPFILT 0", b"0"),
    (b"AVER 1", b"1"),
    (b"UAUTO1 0", b"0"),
    (b"IAUTO1 0", b"0"),
    (b"USCA1 1", b"1.000000E+00"),
    (b"ISCA1 1000", b"1.000000E+03"),
    *(
        pair
        for n in (b"2", b"3", b"4")
        for pair in (
            (b"UAUTO" + n + b" 0", b"0"),
            (b"IAUTO" + n + b" 0", b"0"),
            (b"USCA" + n + b" 1", b"1.000000E+00"),
            (b"ISCA" + n + b" 1", b"1.000000E+00"),
        )
    ),
    (b"TRQU1 2000,90000", b"2.000000E+03,9.000000E+04"),
    (b"TRQL1 -2000,30000", b"-2.000000E+03,3.000000E+04"),
    (b"SPDP1 1024", b"1024"),
    (b"URNG1 600", b"6.000000E+02"),
    (b"IRNG1 0.6", b"6.000000E-01"),
    *((b"URNG" + n + b" 250", b"2.500000E+02") for n in (b"2", b"3", b"4")),
    *((b"IRNG" + n + b" 32", b"3.200000E+01") for n in (b"2", b"3", b"4")),
]
"""Ranges and their automatic as in lmgtools and the SVP driver (iauto, irng, uauto, urng, cycl, cyclmod, frmt, isca,
fauto, lpfilt), groups and zero suppression as in lmgd; what torque and synchronisation are called is assumed."""

LMG_READ = b"INIM;UDC1?;P1?;P2?;P3?;P4?;FCYC2?;TRQ1?\n"

PW_SET_UP: list[Pair] = [
    (b":HEADer OFF", b"OFF"),
    (b":HOLD ON", b"ON"),
    (b":REFResh 50MS", b"50MS"),
    (b":AVERaging:MODE OFF", b"OFF"),
    (b":WIRing1 1P2W", b"1P2W"),
    (b":VOLTage1:AUTO OFF", b"OFF"),
    (b":CURRent1:AUTO OFF", b"OFF"),
    (b":VT1 1", b"1.0000"),
    (b":CT1 1", b"1.0000"),
    (b":LPF1 OFF", b"OFF"),
    (b":ZCFilter1 500", b"500.0000"),
    (b":SYNC1 I2", b"I2"),
    (b":WIRing2 3V3A", b"3V3A"),
    *(
        pair
        for n in (b"2", b"3", b"4")
        for pair in (
            (b":VOLTage" + n + b":AUTO OFF", b"OFF"),
            (b":CURRent" + n + b":AUTO OFF", b"OFF"),
            (b":VT" + n + b" 1", b"1.0000"),
            (b":CT" + n + b" 1", b"1.0000"),
            (b":LPF" + n + b" OFF", b"OFF"),
            (b":ZCFilter" + n + b" 500", b"500.0000"),
            (b":SYNC" + n + b" I2", b"I2"),
        )
    ),
    (b":MOTor1:TORQue:UPPer 2000,90000", b"2000.0000,90000.0000"),
    (b":MOTor1:TORQue:LOWer -2000,30000", b"-2000.0000,30000.0000"),
    (b":MOTor1:SPEed:PULSe 1024", b"1024"),
    (b":VOLTage1:RANGe 600", b"600.0000"),
    (b":CURRent1:RANGe 500", b"500.0000"),
    *((b":VOLTage" + n + b":RANGe 300", b"300.0000") for n in (b"2", b"3", b"4")),
    *((b":CURRent" + n + b":RANGe 500", b"500.0000") for n in (b"2", b"3", b"4")),
]
"""``:VOLTAGE1:RANGE 300``, ``HEADer`` as in PW8001A964-03 1.2, ``:HOLD`` as in PW3390A975-01 p.62; the rest assumed."""

PW_READ = b"*TRG;*WAI;:MEASure? Udc1,P1,P234,fI2,Tq1\n"
"""The power of three channels that are wired together, as on p.214 of the PW8001's instruction manual."""

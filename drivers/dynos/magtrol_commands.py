"""What a Magtrol DSP7000 or DSP6001 dynamometer controller is told, in the commands of both series.

Upper case, CR LF, one command a line; no answer but to a question; an unknown command beeps, with nothing on the wire
(DSP7000 p.74, DSP6001 p.69). Pages are those of the user's manuals "Model DSP7000 Dynamometer Controller" and "Model
DSP6001 Dynamometer Controller"; the page of the speed commands was not found.

Not carried, since the bench holds speeds: torque and current mode (``Q1,xx.xx``, ``I1,xx.xx``), their PID, tare.
"""

from typing import Literal, NamedTuple

from drivers.command import UNVERIFIED, Command, Span

Dialect = Literal["7000", "6001"]

_SPEED = f"{UNVERIFIED}: by analogy with Q1; N# of the 6001 is in icub-tech-iit's motorBrakeDriver.py"


class Row(NamedTuple):
    """One command in the dialects of both series; empty where a series has none."""

    name: str
    of_7000: str
    of_6001: str
    purpose: str
    unit: str = ""
    range: Span | str = ""
    reply: str = ""
    source: str = UNVERIFIED

    def text(self, dialect: Dialect) -> str:
        """The command, ``{}`` standing for its number."""
        return self.of_7000 if dialect == "7000" else self.of_6001


ROWS: tuple[Row, ...] = (
    Row("identity", "*IDN?", "*IDN?", "identification and software revision", reply="text",
        source="DSP7000 p.76; DSP6001 p.70"),
    Row(
        "data", "OD1", "OD", "speed in rpm, torque in the display's unit, R clockwise, L counterclockwise, A alarm",
        reply="SddddddTdddd.R", source="DSP7000 p.71, 76; DSP6001 p.70",
    ),
    Row("status", "STAT", "", "32 flags: 4, 8, 10, 12, 14 alarms; 23, 25, 27 speed, torque, power",
        reply=f"NR1 ({UNVERIFIED})", source="DSP7000 p.83"),
    Row("mode", "MODE0", "", "the commands of the 7000 series", source="DSP7000 p.82"),
    Row("current_off", "I1", "I", "current output to 0.00 %", source=f"DSP7000 p.82; 6001 {UNVERIFIED}"),
    Row("torque_off", "Q1", "Q", "torque mode off, brake off, free run", source=f"DSP7000 p.81; 6001 {UNVERIFIED}"),
    Row("speed", "N1,{}", "N{}", "speed to hold, brake on", "rpm", Span(0.0, 1.0, "the highest speed"), source=_SPEED),
    Row("speed_off", "N1", "N", "speed mode off, brake off, free run", source=_SPEED),
    Row("speed_alarm", "", "ALS{}", "speed alarm point", "rpm", Span(0, 99_999), source="DSP6001 p.69"),
    Row("torque_alarm", "", "ALT{}", "torque alarm point, in the unit of the display", "", Span(0, 10_000),
        source="DSP6001 p.69"),
    Row("power_alarm", "", "ALP{}", "power alarm point", "kW", Span(0, 99_999), source="DSP6001 p.69"),
    Row("alarms", "", "ALL1", "all alarms on", source="DSP6001 p.69"),
)  # fmt: skip


def rows_of(dialect: Dialect) -> dict[str, Row]:
    """The rows that a series has, by name."""
    return {row.name: row for row in ROWS if row.text(dialect)}


def _shown(row: Row) -> Command:
    texts = [
        f"{text.format('<x>')} ({series})" for text, series in ((row.of_7000, "7000"), (row.of_6001, "6001")) if text
    ]
    return Command(row.name, ", ".join(texts), row.purpose, row.unit, row.range, row.reply, row.source)


COMMANDS: tuple[Command, ...] = tuple(_shown(row) for row in ROWS)
"""The same for the reference page."""

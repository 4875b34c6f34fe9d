"""The forms of names in files."""

from typing import Annotated

from pydantic import Field

NAME_FORM = r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$"
"""A name becomes part of file names: no separators, no leading dot, at most 64 characters."""
PART_FORM = r"^[a-z][a-z0-9_]{0,31}$"
TEXT_FORM = r"^[^\x00-\x1f\x7f]+$"
DAY_FORM = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
MNEMONIC_FORM = r"^[SAE][A-Z0-9]{3}$"
CHANNEL_FORM = r"^(K[0-9]{1,2})?$"
TROUBLE_FORM = r"^[PCBU][0-3][0-9A-F]{3}-[0-9A-F]{2}$"
FAULT_FORM = r"^(F-[0-9]{2})?$"

FORMS: dict[str, str] = {
    NAME_FORM: "write 1 to 64 of A-Z a-z 0-9 . _ -, not starting with a dot",
    PART_FORM: "write 1 to 32 of a-z 0-9 _, starting with a letter",
    TEXT_FORM: "write a text in one line, without control characters",
    DAY_FORM: "write a day as year-month-day, such as 2031-12-31",
    MNEMONIC_FORM: "write four of the characters A-Z 0-9, the first S, A or E",
    CHANNEL_FORM: "write a channel such as K0, or nothing for a device that wants none",
    TROUBLE_FORM: "write a trouble code as SAE J2012 does, such as U0100-87",
    FAULT_FORM: "write the number of a fault, such as F-25",
}
"""What to write where one of these forms is asked for."""

Name = Annotated[str, Field(pattern=NAME_FORM)]
PartName = Annotated[str, Field(pattern=PART_FORM)]
Reference = Annotated[str, Field(min_length=1, max_length=1000, pattern=TEXT_FORM)]
"""The name of a file of the bench, or a path to one (``bench.config.search``)."""
Line = Annotated[str, Field(min_length=1, max_length=1000, pattern=TEXT_FORM)]
"""A text in one line."""
Day = Annotated[str, Field(pattern=DAY_FORM)]
"""ISO 8601; days compare as texts."""

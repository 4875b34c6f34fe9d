"""How a drive unit is diagnosed (UDS over ISO-TP), and who it must be: a section of the DUT file."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from bench.config.file_model import FileModel, Finding
from bench.config.names import TROUBLE_FORM, Line, PartName
from bench.config.quantity import Seconds

_HEX = re.compile(r"0x[0-9A-Fa-f]{1,8}", re.ASCII)
_STANDARD_MAX, _EXTENDED_MAX = 0x7FF, 0x1FFF_FFFF
_EXTENDED = 0x8000_0000  # as in frames and tables: bit 31


def _number(value: Any) -> Any:
    """Identifiers are written as in every manual: 0x7E0."""
    return int(value, 16) if isinstance(value, str) and _HEX.fullmatch(value) else value


Byte = Annotated[int, BeforeValidator(_number), Field(ge=0, le=0xFF)]
CanId = Annotated[int, BeforeValidator(_number, json_schema_input_type=int | str), Field(ge=0, le=_EXTENDED_MAX)]
DataId = Annotated[int, BeforeValidator(_number), Field(ge=0, le=0xFFFF)]
TroubleCode = Annotated[str, Field(pattern=TROUBLE_FORM)]
"""As SAE J2012 writes it: ``U0100-87``."""


class Identification(FileModel):
    """One thing that the unit tells of itself: the data identifier, whether its bytes are a text or shown as hex, and
    what they must be (empty: anything)."""

    did: DataId
    form: Literal["text", "hex"] = "text"
    expected: str = ""

    def shown(self, data: bytes) -> str:
        """The bytes as they are compared: text without padding, or capital hex digits."""
        if self.form == "hex":
            return data.hex().upper()
        return data.rstrip(b"\x00 \xff").decode("ascii", "backslashreplace")

    def encoded(self, text: str) -> bytes:
        """The inverse of ``shown``, for a unit that answers so."""
        return bytes.fromhex(text) if self.form == "hex" else text.encode("ascii")

    def rules(self) -> Iterator[Finding]:
        if self.form == "hex" and not re.fullmatch(r"([0-9A-F]{2})*", self.expected):
            yield ("expected",), f"{self.expected!r} is no hex; write two capital digits a byte, such as 1F3A9C07"
        elif not self.expected.isascii():
            yield ("expected",), "is compared with ASCII; write it so"


class Diagnostics(FileModel):
    """The connection, the unit's time-outs, what identifies it, and the meaning of its trouble codes."""

    request: CanId
    response: CanId
    extended_ids: bool = False
    """29-bit identifiers."""
    target_address: Byte | None = None
    source_address: Byte | None = None
    """Both: extended addressing of ISO-TP; the unit's address and ours."""
    p2: Annotated[Seconds, Field(gt=0, le=5)] = 0.05
    p2_star: Annotated[Seconds, Field(gt=0, le=60)] = 5.0
    identity: Annotated[dict[PartName, Identification], Field(min_length=1, max_length=16)]
    trouble_codes: Annotated[dict[TroubleCode, Line], Field(default_factory=dict)]

    def rules(self) -> Iterator[Finding]:
        if (self.target_address is None) != (self.source_address is None):
            yield ("target_address",), "extended addressing needs target_address and source_address; give both or none"
        for name in ("request", "response"):
            if not self.extended_ids and getattr(self, name) > _STANDARD_MAX:
                yield (name,), "is above 0x7FF; set 'extended_ids: true' for 29-bit identifiers"
        if self.request == self.response:
            yield ("response",), "is the same as 'request'; the unit answers with an identifier of its own"

    @property
    def ids(self) -> tuple[int, int]:
        """Request and response as in frames: bit 31 marks extended ones."""
        flag = _EXTENDED if self.extended_ids else 0
        return self.request | flag, self.response | flag

    @property
    def expected(self) -> dict[str, str]:
        """What the unit must tell, by name; names without an expectation are left out."""
        return {name: item.expected for name, item in self.identity.items() if item.expected}

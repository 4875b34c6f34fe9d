"""What can happen on an ISO-TP connection (ISO 15765-2:2016, 8.3.7: the results are its ``N_Result``)."""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class Result(Enum):
    """Why a message did not come through."""

    TIMEOUT_A = "N_TIMEOUT_A"
    TIMEOUT_BS = "N_TIMEOUT_Bs"
    TIMEOUT_CS = "N_TIMEOUT_Cs"
    TIMEOUT_CR = "N_TIMEOUT_Cr"
    WRONG_SN = "N_WRONG_SN"
    INVALID_FS = "N_INVALID_FS"
    UNEXPECTED = "N_UNEXP_PDU"
    WAITS = "N_WFT_OVRN"
    OVERFLOW = "N_BUFFER_OVFLW"


@dataclass(frozen=True, slots=True)
class Begun:
    """A message of ``length`` bytes has begun to come in."""

    length: int


@dataclass(frozen=True, slots=True)
class Message:
    """A whole message came in."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Sent:
    """Our message is on the wire to its last frame."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The message under way is lost, ours (``outgoing``) or the other's."""

    result: Result
    text: str
    outgoing: bool = False


@dataclass(frozen=True, slots=True)
class Ignored:
    """A frame that belongs to nothing; it changes nothing."""

    text: str


Event: TypeAlias = Begun | Message | Sent | Failed | Ignored

"""What one side of an ISO-TP connection asks for, and how long it waits."""

from dataclasses import dataclass

from bench.canbus.isotp_pdu import CLASSIC_BYTES, FD_BYTES, FD_LENGTHS, SEPARATION_MAX_NS, SHORT_MAX

_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """``frame_bytes``: 8, or up to 64 with CAN FD; ``padding``: the byte that fills frames to 8, ``None``: as short as
    can be; ``block`` and ``separation_ns``: what we ask of a sender; ``length_max``: longest message we take in;
    ``waits_max``: WAITs in a row that we send or bear; the timers as in ISO 15765-2, table 16 (N_Br and N_Cs: our own
    duty, below 0.9 of the other side's time-out).

    Raises ``ValueError`` for what cannot be.
    """

    frame_bytes: int = CLASSIC_BYTES
    padding: int | None = 0xCC
    block: int = 0
    separation_ns: int = 0
    length_max: int = SHORT_MAX
    waits_max: int = 10
    n_as_ns: int = _S
    n_bs_ns: int = _S
    n_br_ns: int = _S // 2
    n_cs_ns: int = 9 * _S // 10
    n_cr_ns: int = _S

    def __post_init__(self) -> None:
        if self.frame_bytes not in FD_LENGTHS or not CLASSIC_BYTES <= self.frame_bytes <= FD_BYTES:
            raise ValueError(f"no frame has {self.frame_bytes} bytes; write 8, 12, 16, 20, 24, 32, 48 or 64")
        if self.padding is not None and not 0 <= self.padding <= 0xFF:
            raise ValueError(f"padding {self.padding} is no byte")
        if not 0 <= self.block <= 0xFF or not 0 <= self.separation_ns <= SEPARATION_MAX_NS:
            raise ValueError(f"block size {self.block} is not 0 .. 255, or {self.separation_ns} ns not 0 .. 127 ms")
        times = (self.n_as_ns, self.n_bs_ns, self.n_br_ns, self.n_cs_ns, self.n_cr_ns)
        if min(times) <= 0 or self.length_max < 1 or self.waits_max < 0:
            raise ValueError("times and the longest message must be above 0, the number of WAITs 0 or more")

    @property
    def fd(self) -> bool:
        """Whether frames of more than 8 bytes may come."""
        return self.frame_bytes > CLASSIC_BYTES

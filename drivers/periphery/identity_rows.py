"""The identity rows that the register maps of this bench's own devices begin with."""

from drivers.register_map import Kind, Register, Space, Use

IDENTITY_ROWS = tuple(
    Register(Space.INPUT_REGISTER, address, name, Use.IDENTITY, f"{name} of the device", "", Kind.TEXT, words=words)
    for address, name, words in ((0, "maker", 8), (8, "model", 12), (20, "serial", 8), (28, "firmware", 4))
)
"""Maker, model, serial number, firmware: two characters a word."""

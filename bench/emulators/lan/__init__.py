"""Emulated instruments over the message protocols of LAN instruments: HiSLIP and VXI-11, beside the raw socket."""

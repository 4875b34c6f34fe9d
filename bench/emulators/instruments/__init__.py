"""Emulated instruments: full peers that speak the instruments' bytes and see the plant through their own errors."""

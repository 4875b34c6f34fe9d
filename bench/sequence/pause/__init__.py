"""Pauses of a run: hold and suspend, the plan's own condition for them, and warm idle."""

"""The sequence's desk at the core: requests become commands, the core's events become answers."""

"""L0, the words of the bench: time, units, channels, quality, records, ports, errors."""

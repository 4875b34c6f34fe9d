"""L4, the links: one job per instrument that obeys the core's set-points first, then reads, then answers questions."""

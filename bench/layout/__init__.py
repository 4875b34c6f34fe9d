"""L4, what a rig and a DUT make of the core: frames, set-points, limits, stop ladders, samples."""

"""L2, plan, rig and DUT files: models, located problems, operating-point grids."""

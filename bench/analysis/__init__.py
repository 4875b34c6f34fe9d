"""L2, what the numbers mean: efficiency, uncertainty, loss maps, drift; pure functions."""

"""Step kinds, one file each; ``bench.sequence.registry`` finds them."""

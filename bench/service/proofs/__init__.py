"""Long proofs: how one is carried out and goes on after an interruption, and each of them."""

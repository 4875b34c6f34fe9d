"""L1, requests and the deterministic scheduler."""

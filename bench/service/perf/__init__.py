"""Benchmarks: one file measures one thing, each figure beside a control of the same run."""

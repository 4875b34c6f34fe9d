"""Where cases run: processes of this machine, or workers of a Dask cluster."""

import os
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context

from bench.base.errors import InputError, Problem
from bench.campaign.campaign import Pool


def processes(workers: int | None = None) -> Pool:
    """A pool of fresh processes, one for each core unless told otherwise."""
    count = workers or os.cpu_count() or 1
    return lambda: ProcessPoolExecutor(count, get_context("spawn"))


def dask(address: str | None) -> Pool:
    """Workers of a Dask cluster, which must have this program. Raises ``InputError`` without Dask or an address."""
    if not address:
        raise InputError([Problem("--engine dask", 0, 0, "wants --scheduler ADDRESS, such as tcp://127.0.0.1:8786")])
    try:
        from distributed import Client  # type: ignore[import-not-found]
    except ImportError:
        message = "dask.distributed is not installed here; install it, or use --engine pool"
        raise InputError([Problem("--engine dask", 0, 0, message)]) from None

    def pool() -> Executor:
        executor: Executor = Client(address).get_executor()
        return executor

    return pool

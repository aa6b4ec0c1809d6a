"""How many cores inference may use in this process."""

from __future__ import annotations

import os

from tasks.errors import Unusable

VARIABLE = "NIGHTWIRE_THREADS"
"""Set it to cores / processes where several processes (Dask, Ray) infer on one machine."""


def threads() -> int:
    """Cores that inference may use: `NIGHTWIRE_THREADS`, else `OMP_NUM_THREADS`, else those this process may run on.

    Threads of one process share them: a network runs at most this many batches at once, whoever asks.

    Raises:
        Unusable: the variable is no positive number.
    """
    for name in (VARIABLE, "OMP_NUM_THREADS"):
        value = os.environ.get(name, "")
        if value:
            if not value.isdecimal() or int(value) < 1:
                raise Unusable(f"{name}={value!r}: want the number of cores for inference, 1 or more")
            return int(value)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

"""What a disk that said no has left, for the error that ends a night."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT)
DISK = (*FULL, errno.EIO, errno.EROFS)
"""What only a disk says."""
MB = 1_000_000


def said(error: OSError, root: Path) -> str:
    """What the disk said, how much room is left where it is full, and the cure.

    Args:
        root: a folder on the disk that is meant.
    """
    if error.errno not in FULL:
        return f"the disk said no: {error}. Check it, then run again."
    try:
        disk = shutil.disk_usage(root)
        left = f"{disk.free / MB:.2f} of {disk.total / MB:.2f} MB are free at {root}"
    except OSError:
        left = f"how much is free at {root} it does not say"
    return f"the disk said no: {error}; {left}. Make room, then run again."


def wanted(error: OSError, table: str, rows: int, size: int) -> OSError:
    """The error of a file that could not be written, with what was to be written.

    Args:
        size: bytes of the table in memory; the file would be smaller.
    """
    return OSError(error.errno, f"{error.strerror or error}, writing {rows:,} rows of {table}, {size / MB:.2f} MB before compression")

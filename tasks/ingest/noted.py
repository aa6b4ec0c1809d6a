"""A local file's stream that notes what the disk said, for a format's reader may take a failed reading for a fault of the file."""

from __future__ import annotations

import io
import os
import stat
from typing import Any

from tasks.errors import RejectDocument


class Noted(io.FileIO):
    """The bytes of a file.

    Attributes:
        said: the error of a reading that failed.
    """

    said: OSError | None = None

    def readinto(self, buffer: Any) -> Any:
        """Read; an error is noted on its way."""
        try:
            return super().readinto(buffer)
        except OSError as error:
            self.said = error
            raise

    def readall(self) -> Any:
        """Read all; an error is noted on its way."""
        try:
            return super().readall()
        except OSError as error:
            self.said = error
            raise


def opened(path: str) -> io.BufferedReader[Noted]:
    """A stream of a regular file's bytes; a link is not followed. Its `raw` is a `Noted`.

    Raises:
        RejectDocument: `unsafe_path`: no regular file.
        OSError: it can't be opened.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    stream = io.BufferedReader(Noted(handle, "rb"))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        stream.close()
        raise RejectDocument("unsafe_path", "no regular file")
    return stream


def check(stream: io.BufferedReader[Any]) -> None:
    """See that no reading of the stream failed.

    Raises:
        OSError: what the disk said.
    """
    if (said := getattr(stream.raw, "said", None)) is not None:
        raise said

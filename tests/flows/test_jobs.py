"""What a job's error becomes: one that says where, whichever kind of job raised it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.jobs import Done, Inputs, perform
from flows.store import Store
from tasks.errors import Abort, Stopped, TryAgain


@dataclass(frozen=True)
class Raising:
    """A job that fails."""

    error: Exception
    stop: bool = False
    name: str = "fetch"
    shard: int = 2
    about: str = ""
    store: Store = Store(Path(__file__).parent)  # noqa: RUF009 (a path, nothing is opened)

    def asked_to_stop(self) -> bool:
        return self.stop

    def recall(self, inputs: Inputs) -> Done | None:
        return None

    def work(self, inputs: Inputs) -> Done:
        raise self.error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device"), "fetch, shard 2: the disk said no.*No space left.*are free at.*Make room"),
        (OSError(5, "Input/output error"), "fetch, shard 2: the disk said no.*Check it, then run again. Nothing was published"),
        (KeyError("field"), "fetch, shard 2: KeyError.*a fault of ours"),
    ],
)
def test_an_error_that_is_none_of_ours_says_where_it_was(error: Exception, said: str) -> None:
    with pytest.raises(Abort, match=said):
        perform(Raising(error), ())


def test_an_error_of_ours_stays_what_it_is() -> None:
    error = TryAgain("the source does not answer")
    with pytest.raises(TryAgain) as raised:
        perform(Raising(error), ())
    assert raised.value is error


def test_no_job_begins_once_the_night_is_asked_to_stop() -> None:
    with pytest.raises(Stopped, match=r"fetch, shard 2.*goes on from here"):
        perform(Raising(AssertionError("ran"), stop=True), ())

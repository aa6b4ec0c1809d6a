"""The Hugging Face hub through its own client."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import httpx
import huggingface_hub
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

from tasks.errors import TryAgain, Unusable


class HuggingFace:
    """A `Hub`. `HF_ENDPOINT` names a mirror, `HF_TOKEN` a reader's token, as for every client of that hub."""

    def __init__(self) -> None:
        self.api = huggingface_hub.HfApi()

    def revision(self, name: str, wanted: str) -> str:
        """See `Hub`."""
        try:
            return str(self.api.model_info(name, revision=wanted, timeout=30).sha)
        except OfflineModeIsEnabled as error:
            raise Unusable(f"model {name!r}: HF_HUB_OFFLINE is set, so nothing can be fetched; unset it for this command") from error
        except HfHubHTTPError as error:
            raise Unusable(f"model {name!r}: the hub has no revision {wanted!r} for us ({str(error)[:200]})") from error
        except (httpx.HTTPError, OSError) as error:
            raise TryAgain(f"model {name!r}: the hub does not answer ({type(error).__name__}); is the network there?") from error

    def files(self, name: str, revision: str) -> Sequence[str]:
        """See `Hub`."""
        try:
            return self.api.list_repo_files(name, revision=revision)
        except httpx.HTTPError as error:
            raise ConnectionError(str(error)) from error

    def download(self, name: str, revision: str, files: Sequence[str], into: Path) -> None:
        """See `Hub`."""
        try:
            for file in files:
                huggingface_hub.hf_hub_download(name, file, revision=revision, local_dir=into)
        except httpx.HTTPError as error:
            raise ConnectionError(str(error)) from error

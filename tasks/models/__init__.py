"""The only place that imports torch, transformers or an inference engine; each is imported when a model is first loaded."""

from tasks.models.digests import seal
from tasks.models.load import load_encoder, load_generator, load_pair, load_token
from tasks.models.output import Output
from tasks.models.verified import digest, verify

__all__ = ["Output", "digest", "load_encoder", "load_generator", "load_pair", "load_token", "seal", "verify"]

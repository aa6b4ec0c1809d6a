"""The only place that imports torch, transformers or an inference engine."""

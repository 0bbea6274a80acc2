"""Shared fixtures. beartype comes first: imported after nnsight it fails, and jaxtyping's checks need it."""

import os

import beartype  # noqa: F401

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

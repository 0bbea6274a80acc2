"""What can go wrong with a model, a cache, a site or a prompt; all are ValueErrors with one clear sentence."""


class ModelError(ValueError):
    """The model cannot be had or used."""


class CacheError(ModelError):
    """The converted model cannot be kept or read."""


class SiteError(ModelError):
    """There is no such place in this model, or it cannot be written."""


class PromptError(ModelError):
    """The prompts cannot be given to this model."""

"""What goes wrong in attribution."""


class AttributionError(ValueError):
    """A model, prompt, node or set of transcoders with which no graph can be made: said in one sentence."""

"""What can go wrong with questions, scripts and pads; one clear sentence each."""


class ReasoningError(ValueError):
    """The battery cannot be run as asked."""

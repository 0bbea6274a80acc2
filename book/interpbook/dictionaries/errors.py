"""What goes wrong with dictionaries, in one class that a notebook can catch."""


class DictionaryError(ValueError):
    """A dictionary, its settings, its file or its data does not fit what is asked of it."""

"""What users of this room can get wrong."""


class PersonaError(ValueError):
    """A world, a group of networks, a finetune or a table of advice that cannot be used as given."""

"""What goes wrong with graphs."""


class GraphError(ValueError):
    """A node that is not there, a file of another format, a share outside 0 to 1: said in one sentence."""

"""Chapter pages, solution cells and the landing page's list."""


def setup(app) -> None:
    """Nothing yet."""

"""A graph as a picture that can be clicked: the book's own viewer, in Jupyter and on the page."""

from typing import Any

from interpbook.graphs.exchange import to_json
from interpbook.graphs.graph import Graph


def show(graph: Graph, *, alt: str, **options: Any) -> Any:
    """The graph in the viewer, ready to be displayed: tokens across, layers up.

    `alt` says in words what the picture shows. `options` are those of `graph_view.view`: `title`, `cards` with feature
    examples, where the sliders start. Prune first: hundreds of nodes are a wall.
    """
    from interpbook import graph_view

    return graph_view.view(to_json(graph), alt=alt, **options)

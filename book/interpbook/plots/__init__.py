"""Figure in, figure out: every function returns a finished plotly figure, the last expression of a cell shows it.

`line` `scatter` `bar` `histogram`   one or several series, with intervals, nulls and reference lines
`heatmap` `arrows`                   a matrix; directions in a plane
`grid`                               several figures as small multiples
`finish`                             for a figure made by hand: style, size, and its text alternative

Titles, axis labels (with units) and a text alternative are required. Colours come from one palette that reads on
white and on dark and for colour-blind readers; dashes, markers or patterns always say the same thing again.
"""

from .charts import bar, histogram, line, scatter
from .maps import arrows, heatmap
from .small_multiples import grid
from .style import DIVERGING, NULL, PALETTE, SEQUENTIAL, finish

__all__ = [
    "DIVERGING", "NULL", "PALETTE", "SEQUENTIAL", "arrows", "bar", "finish", "grid", "heatmap", "histogram", "line",
    "scatter",
]  # fmt: skip

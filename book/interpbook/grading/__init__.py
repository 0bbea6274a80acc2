"""`interpbook check`: nbval over a student's notebook, with points and hints. Never imported by a notebook.

1. `prepare`  a copy in which every check cell is ours again, and nothing of the student's can skip a comparison
2. `watch`    nbval in a process of its own; `plugin` runs inside it and writes down each cell as it ends
3. `report`   what was written down → items with points, status and hint; table and JSON
4. `command`  the three together
"""

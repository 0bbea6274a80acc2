"""Text files to notebooks: `chapters/NN_topic.py` and `solutions/NN_topic.py` are edited, every `.ipynb` is generated.

1. `layout`     where the book's files lie
2. `source`     a percent file → cells, each with its line
3. `stubs`      a solution → what the student starts from; quoting functions of the toolkit
4. `exercises`  the metadata of an exercise, its task line and its check cell
5. `compose`    cells → notebooks, with stable ids; nothing is run
6. `execution`  run one in a fresh kernel; make the outputs the same on every machine
7. `freshness`  what is out of date, said without running anything
8. `command`    `interpbook author`
"""

from interpbook.authoring.command import author
from interpbook.authoring.layout import AuthoringError, Book, find_book

__all__ = ["AuthoringError", "Book", "author", "find_book"]

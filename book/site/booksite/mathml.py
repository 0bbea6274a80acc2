"""Mathematics as MathML, converted while the site is built: browsers draw it without a script or a font of ours.

A formula that cannot be converted is a build warning that names its page and line.
"""

import re
from html import escape

from docutils import nodes
from latex2mathml import exceptions
from latex2mathml.converter import convert
from sphinx.util import logging

logger = logging.getLogger(__name__)

# latex2mathml has no common parent for its errors; an IndexError is what it raises where an argument is missing.
BAD_LATEX = (*(e for e in vars(exceptions).values() if isinstance(e, type) and issubclass(e, Exception)), IndexError)


def to_mathml(latex: str, *, block: bool) -> str:
    """The formula as one `<math>` element; a ValueError says what LaTeX it could not read."""
    try:
        markup = convert(latex, display="block" if block else "inline")
    except BAD_LATEX as problem:
        raise ValueError(f"cannot read the formula {latex!r}: {type(problem).__name__} {problem}") from problem
    # The converter passes a command that it does not know through as text.
    unknown = re.search(r"<m[iot]>\\([A-Za-z]+)</m[iot]>", markup)
    if unknown:
        raise ValueError(f"cannot read the formula {latex!r}: \\{unknown[1]} is not known to latex2mathml")
    # A prime set as a variable would get a variable's space around it.
    return markup.replace("<mi>&#x02032;</mi>", '<mo lspace="0" rspace="0">&#x02032;</mo>')


def _render(translator, node, *, block: bool) -> None:
    try:
        markup = to_mathml(node.astext(), block=block)
    except ValueError as problem:
        logger.warning(str(problem), location=node, type="booksite", subtype="math")
        markup = f"<code>{escape(node.astext())}</code>"
    tag = "div" if block else "span"
    # Wide formulas scroll inside their box, so keyboards must be able to reach it.
    reach = ' tabindex="0" role="group" aria-label="formula"' if block else ""
    translator.body.append(f'<{tag} class="math {"math-block" if block else "math-inline"}"{reach}>{markup}</{tag}>')
    raise nodes.SkipNode


def _inline(translator, node) -> None:
    _render(translator, node, block=False)


def _block(translator, node) -> None:
    _render(translator, node, block=True)


def setup(app) -> None:
    """Offer the renderer to Sphinx under the name that html_math_renderer selects."""
    app.add_html_math_renderer("mathml", inline_renderers=(_inline, None), block_renderers=(_block, None))

"""Mathematics as MathML, converted while the site is built: browsers draw it without a script or a font of ours.

A formula that cannot be converted is a build warning that names its page and line.
"""

import re
from html import escape
from xml.etree import ElementTree

from docutils import nodes
from latex2mathml import exceptions
from latex2mathml.converter import convert
from sphinx.util import logging

logger = logging.getLogger(__name__)

# latex2mathml has no common parent for its errors; an IndexError is what it raises where an argument is missing.
BAD_LATEX = (*(e for e in vars(exceptions).values() if isinstance(e, type) and issubclass(e, Exception)), IndexError)

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
ARITY = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3}
# Browsers know one mathvariant, "normal"; bold letters are characters of their own: A, a and 0 of each alphabet.
BOLD = {"bold": (0x1D400, 0x1D41A, 0x1D7CE), "bold-italic": (0x1D468, 0x1D482, 0x1D7CE)}
BOLD_GREEK = {"bold": (0x1D6A8, 0x1D6C2), "bold-italic": (0x1D71C, 0x1D736)}


def to_mathml(latex: str, *, block: bool) -> str:
    """The formula as one `<math>` element; a ValueError says what in it could not be read."""
    source = re.sub(r"(begin|end)\{(aligned|split)\}", r"\1{align*}", latex)
    try:
        tree = ElementTree.fromstring(convert(source, display="block" if block else "inline"))
    except BAD_LATEX as problem:
        raise ValueError(f"cannot read the formula {latex!r}: {type(problem).__name__} {problem}") from problem
    except ElementTree.ParseError as problem:
        raise ValueError(
            f"cannot read the formula {latex!r}: a sign & outside a matrix or an aligned part"
        ) from problem
    for element in tree.iter():
        _check(element, latex)
        _embolden(element)
    bare = re.sub(r"\\[{}]", "", latex)
    if bare.count("{") != bare.count("}"):
        raise ValueError(f"cannot read the formula {latex!r}: its braces do not pair")
    ElementTree.register_namespace("", NAMESPACE)
    markup = ElementTree.tostring(tree, encoding="unicode")
    # A prime set as a variable would get a variable's space around it.
    return markup.replace("<mi>\u2032</mi>", '<mo lspace="0" rspace="0">\u2032</mo>')


def _check(element: ElementTree.Element, latex: str) -> None:
    """Refuse what the converter lets through: a command that it does not know, and a missing argument."""
    text, tag = (element.text or ""), element.tag.rpartition("}")[2]
    if re.fullmatch(r"\\[A-Za-z]+", text):
        raise ValueError(f"cannot read the formula {latex!r}: {text} is not a command that latex2mathml knows")
    if tag in ARITY and len(element) != ARITY[tag]:
        raise ValueError(f"cannot read the formula {latex!r}: a {tag} needs {ARITY[tag]} parts, got {len(element)}")


def _embolden(element: ElementTree.Element) -> None:
    variant = element.get("mathvariant")
    if variant in BOLD:
        element.text = "".join(_bold(char, variant) for char in element.text or "")
        del element.attrib["mathvariant"]


def _bold(char: str, variant: str) -> str:
    capital, small, digit = BOLD[variant]
    if "0" <= char <= "9":
        return chr(digit + ord(char) - ord("0"))
    if char.isascii() and char.isalpha():
        return chr((capital if char.isupper() else small) + ord(char.upper()) - ord("A"))
    if "\u0391" <= char <= "\u03c9":  # Α … ω
        capital, small = BOLD_GREEK[variant]
        return chr(capital + ord(char) - 0x391 if char <= "\u03a9" else small + ord(char) - 0x3B1)
    return char


def _render(translator, node, *, block: bool) -> None:
    try:
        markup = to_mathml(node.astext(), block=block)
    except ValueError as problem:
        logger.warning(str(problem), location=node, type="booksite", subtype="math")
        markup = f"<code>{escape(node.astext())}</code>"
    tag = "div" if block else "span"
    translator.body.append(f'<{tag} class="math {"math-block" if block else "math-inline"}">{markup}</{tag}>')
    raise nodes.SkipNode


def _inline(translator, node) -> None:
    _render(translator, node, block=False)


def _block(translator, node) -> None:
    _render(translator, node, block=True)


def setup(app) -> None:
    """Offer the renderer to Sphinx under the name that html_math_renderer selects."""
    app.add_html_math_renderer("mathml", inline_renderers=(_inline, None), block_renderers=(_block, None))

"""What the theme ships and this book does not use is left out of the site: icon fonts, source maps, unused scripts."""

import re
from pathlib import Path

# Icons are drawn by icons.css, so the icon script and the icon fonts go; maps are for people who change the theme.
REDIRECT = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta http-equiv="refresh" content="0; url={page}"></head>
<body><main><h1>{title}</h1><p><a href="{page}">Open the book</a></p></main></body></html>
"""
UNUSED = (
    "_static/**/*.map",
    "_static/**/*.LICENSE.txt",
    "_static/scripts/fontawesome.js",
    "_static/vendor/fontawesome/webfonts/*",
    "_static/images/logo_*",
    "_static/locales/**/*",
    "_static/plotly/LICENSE",
    "_static/manifest.toml",
    "_static/plus.png",
    "_static/minus.png",
    "_static/file.png",
    "_static/webpack-macros.html",
    "_static/sbt-webpack-macros.html",
)
FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
MAP_COMMENT = re.compile(r"/[/*]# sourceMappingURL=\S+(?:\s*\*/)?")


def slim(out: Path) -> int:
    """Remove the unused files from a built site and say how many went."""
    gone = 0
    for pattern in UNUSED:
        for path in out.glob(pattern):
            if path.is_file():
                path.unlink()
                gone += 1
    for folder in sorted((out / "_static").rglob("*"), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    for path in [*out.glob("_static/**/*.css"), *out.glob("_static/scripts/*.js")]:
        _strip(path)
    return gone


def _strip(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lean = MAP_COMMENT.sub("", FONT_FACE.sub("", text) if path.suffix == ".css" else text)
    if lean != text:
        path.write_text(lean, encoding="utf-8")


def _finish(app, exception) -> None:
    if exception is None and app.builder.format == "html":
        out = Path(app.outdir)
        page = REDIRECT.format(title=app.config.html_title, page=app.builder.get_target_uri(app.config.root_doc))
        (out / "index.html").write_text(page, encoding="utf-8")
        slim(out)


def setup(app) -> None:
    """Slim the site after every build, and send its front door to the landing page."""
    app.connect("build-finished", _finish, priority=400)

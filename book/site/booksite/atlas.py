"""The feature atlas on its page: a directive, and the data as scripts, which a page opened from a disk may load."""

import json
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

SOURCE = Path(__file__).resolve().parents[2] / "artifacts" / "atlas"


class FeatureAtlas(SphinxDirective):
    """`{feature-atlas}`: where the search and the cards appear; says so where scripts are off or no data were made."""

    def run(self) -> list[nodes.Node]:
        """An element that `atlas.js` fills, and that script, on this page only."""
        if not (SOURCE / "index.json").is_file():
            return [nodes.paragraph(text="The atlas was not made yet: interpbook train atlas.")]
        base = "../" * self.env.docname.count("/") + "_static/atlas/"
        style = f'<link rel="stylesheet" href="{base}../atlas.css">'
        box = f'<div id="feature-atlas" data-base="{base}"><p>The atlas needs JavaScript.</p></div>'
        return [nodes.raw("", f'{style}{box}<script defer src="{base}../atlas.js"></script>', format="html")]


def as_scripts(source: Path, target: Path) -> int:
    """Each file of the atlas as a script that hands its content to `atlas.js`; how many there were."""
    target.mkdir(parents=True, exist_ok=True)
    files = sorted(source.glob("*.json"))
    for file in files:
        content = json.dumps(json.loads(file.read_text(encoding="utf-8")), ensure_ascii=False, separators=(",", ":"))
        call = "index(" if file.stem == "index" else f"chunk({int(file.stem)},"
        (target / f"{file.stem}.js").write_text(f"bookAtlas.{call}{content});\n", encoding="utf-8")
    return len(files)


def _finish(app, exception) -> None:
    if exception is None and app.builder.format == "html" and SOURCE.is_dir():
        as_scripts(SOURCE, Path(app.outdir) / "_static" / "atlas")


def setup(app) -> None:
    """Register the directive, and write the scripts after every build."""
    app.add_directive("feature-atlas", FeatureAtlas)
    app.connect("build-finished", _finish, priority=450)

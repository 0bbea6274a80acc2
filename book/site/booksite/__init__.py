"""The Sphinx side of the book: what turns stored notebooks into a static site that needs no network.

1. `figures`   draws plotly outputs with the one vendored bundle, and quotes a chapter's figure on another page.
2. `quizzes`   draws quiz outputs with the component that the notebooks use too.
3. `mathml`    writes mathematics as MathML while building, so that no script is needed to read it.
4. `links`     resolves `term:` and `cite:` links, and fails the build where one points nowhere.
5. `chapters`  gives chapter pages their header, solutions their fold, and the landing page its list.
6. `launch`    opens a page's notebook elsewhere, where one setting says where.
7. `texts`     lets the search page quote its results without reading other pages.
8. `bibliography` formats the references.
9. `atlas`     puts the feature atlas on its page, its data as scripts that are loaded when asked for.
10. `graphs`   draws attribution graphs with the component that the notebooks use too.
11. `course`   counts minutes and points for those who teach.
12. `assets`   removes what the theme ships and this book does not use.
"""

from . import assets, atlas, bibliography, chapters, course, figures, graphs, launch, links, mathml, quizzes, texts


def setup(app) -> dict:
    """Register every part; Sphinx calls this because _config.yml names the extension."""
    app.add_config_value("comments_config", {}, "html")  # Jupyter Book sets it for an extension left out here
    for part in (bibliography, figures, quizzes, graphs, mathml, links, chapters, course, launch, texts, atlas, assets):
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

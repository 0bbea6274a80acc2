"""Buttons that open a page's notebook elsewhere, filled in by one setting of _config.yml, and the notebook's download.

launch:
  repository: https://github.com/OWNER/NAME    # empty: no buttons
  branch: main
  jupyterhub: https://hub.example.edu          # empty: no JupyterHub button
"""

from urllib.parse import urlencode

from sphinx.errors import ExtensionError

COLAB = "https://colab.research.google.com"
DEFAULT = {"repository": "", "branch": "main", "jupyterhub": ""}


def launch_links(setting: dict, path: str) -> list[dict[str, str]]:
    """The buttons for the notebook at `path` in the repository; none while the repository is empty."""
    unknown = set(setting) - set(DEFAULT)
    if unknown:
        raise ExtensionError(
            f"launch in _config.yml: unknown {', '.join(sorted(unknown))}; known: {', '.join(DEFAULT)}"
        )
    setting = {**DEFAULT, **{key: value or "" for key, value in setting.items()}}
    repository = setting["repository"].rstrip("/").removesuffix(".git")
    if not repository:
        return []
    links = []
    if repository.startswith("https://github.com/"):
        where = repository.removeprefix("https://github.com/")
        links.append({"text": "Colab", "url": f"{COLAB}/github/{where}/blob/{setting['branch']}/{path}"})
    if setting["jupyterhub"]:
        query = {
            "repo": repository,
            "branch": setting["branch"],
            "urlpath": f"lab/tree/{repository.split('/')[-1]}/{path}",
        }
        hub = setting["jupyterhub"].rstrip("/")
        links.append({"text": "JupyterHub", "url": f"{hub}/hub/user-redirect/git-pull?{urlencode(query)}"})
    return links


def _offer(app, pagename, templatename, context, doctree) -> None:  # noqa: ARG001
    notebook = f"{pagename}.ipynb" if context.get("page_source_suffix") == ".ipynb" else ""
    context["notebook_source"] = context.get("sourcename", "") if notebook else ""
    context["launch_links"] = launch_links(app.config.launch, notebook) if notebook else []


def setup(app) -> None:
    """Register the setting and put the links into every page's context."""
    app.add_config_value("launch", DEFAULT, "html", [dict])
    app.connect("html-page-context", _offer, priority=600)

"""The attribution-graph viewer: positions across, layers up, one component for the live notebook and the static page.

1. `view` takes a graph file's content, the JSON of circuit-tracer and Neuronpedia, and refuses it with every problem.
2. What it returns shows itself: one HTML output that holds the graph and the component, both gzipped, and in plain HTML
   the words and strongest edges, for readers without scripts.
3. The site takes the graph out of that output and draws it with its own copy of the same component.

The component is the files of this folder, in the order of their numbers; `script` and `style` are the whole of it.
"""

import base64
import gzip
import hashlib
import html
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOM = Path(__file__).parent
PARTS = ("data", "layout", "draw", "panel", "boxes", "viewer", "mount")
MOST_BYTES = 150_000
"""So long may a graph be as plain JSON, cards included."""
EXAMPLES = 4
"""Examples kept of each feature."""
DEFAULTS = {"token_prob": 0.0, "is_target_logit": False, "run_idx": 0, "reverse_ctx_idx": 0, "clerp": ""}
"""Fields of a node that are left out where they say nothing; a saved file has them again."""
FEEDS = 0.1
"""A word that is at least this part of a grouped node's input is pinned beside the groups."""
NODE_NEEDS, LINK_NEEDS = ("node_id", "layer", "ctx_idx", "feature_type"), ("source", "target", "weight")


@dataclass(frozen=True)
class GraphView:
    """A graph that shows itself in a notebook and on a page."""

    spec: dict[str, Any]
    """What the component draws: the graph, cards by feature, and where the controls start."""
    alt: str
    """What there is to see, in words."""

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, Any]:  # noqa: ARG002  (the names are Jupyter's)
        return {"text/html": as_html(self), "text/plain": self.alt}


def view(
    document: Mapping[str, Any],
    *,
    alt: str,
    title: str = "",
    cards: Mapping[str, Any] | None = None,
    decode: Sequence[str] | None = None,
    nodes: float = 1.0,
    edges: float = 0.02,
    selected: str = "",
) -> GraphView:
    """A graph file's content as a picture to explore: the last expression of a cell shows it.

    `alt` says in words what there is to see. `cards`, by "layer_latent", tell of features: a `features.Card`, with
    `decode` to name its tokens, or a mapping with any of `examples` (strength, before, token, after), `raised`,
    `lowered`, `frequency`, `label`, `score`. The sliders start at `nodes` (cumulative influence) and `edges` (share of
    a node's input). `selected` is the id of the node to begin with. Pins and groups are those of the document.
    """
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError("graph view: alt is empty. Say in words what the graph shows, for readers who do not see it.")
    problems = _problems(document, selected)
    if problems:
        shown = "\n  ".join(problems[:12])
        raise ValueError(f"graph view: the graph has {len(problems)} problem(s):\n  {shown}")
    spec: dict[str, Any] = {"graph": _compact(document), "cards": _cards(document, cards or {}, decode), "alt": alt}
    spec |= {"title": title, "nodes": float(nodes), "edges": float(edges), "selected": selected}
    size = len(_json(spec))
    if size > MOST_BYTES:
        raise ValueError(
            f"graph view: {len(document['nodes'])} nodes and {len(document['links'])} edges take {size / 1000:.0f} kB, "
            f"more than {MOST_BYTES / 1000:.0f} kB. Prune the graph further, for example prune(graph, nodes=0.6, "
            "edges=0.9), or give fewer cards."
        )
    return GraphView(spec, alt)


def pack(text: str) -> str:
    """Text gzipped and written as base64, the same at every call."""
    return base64.b64encode(gzip.compress(text.encode("utf-8"), 9, mtime=0)).decode("ascii")


def unpack(packed: str) -> str:
    """What `pack` was given."""
    return gzip.decompress(base64.b64decode(packed)).decode("utf-8")


@cache
def script() -> str:
    """The component: one classic script that draws every graph of a page, and `interpbookGraphs.mountAll`."""
    parts = "\n".join(lean((ROOM / f"{name}.js").read_text(encoding="utf-8")) for name in PARTS)
    version = hashlib.sha256(parts.encode("utf-8")).hexdigest()[:12]
    return f'(function () {{\n"use strict";\nconst GRAPH_VERSION = "{version}";\n{parts}}})();\n'


@cache
def style() -> str:
    """The component's style sheet."""
    return lean((ROOM / "graph.css").read_text(encoding="utf-8"))


def lean(code: str) -> str:
    """Code without indentation and comments on lines of their own, for every stored graph carries it."""
    lines = re.sub(r"^[ \t]*/\*.*?\*/[ \t]*\n", "", code, flags=re.M | re.S).splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())


def figure(packed: str, alt: str, words: str) -> str:
    """The element that the component fills; until then it says in words what there is."""
    return (
        f'<figure class="graph-view" aria-label="{html.escape(alt, quote=True)}">'
        f'<script type="application/octet-stream" class="graph-spec">{packed}</script>{words}</figure>'
    )


def as_html(shown: GraphView) -> str:
    """The graph as HTML that needs nothing else, for a live notebook."""
    version = script().split('GRAPH_VERSION = "', 1)[1][:12]
    return (
        figure(pack(_json(shown.spec)), shown.alt, in_words(shown))
        + f'<script type="application/octet-stream" id="graph-code-{version}">{pack(script())}</script>'
        + f'<script type="application/octet-stream" id="graph-look-{version}">{pack(style())}</script>'
        + f"<script>{LOADER.replace('VERSION', version)}</script>"
    )


# Code that is there already draws at once; other code, and the style sheet with it, is unpacked first.
LOADER = """(async () => {
  const there = window.interpbookGraphs;
  if (there && there.version === "VERSION") return there.mountAll();
  for (const [id, tag] of [["graph-look-VERSION", "style"], ["graph-code-VERSION", "script"]]) {
    const packed = Uint8Array.from(atob(document.getElementById(id).textContent), (char) => char.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const made = document.createElement(tag);
    made.textContent = await new Response(stream).text();
    document.head.append(made);
  }
})();"""


def in_words(shown: GraphView, n: int = 8) -> str:
    """What the graph shows, and its strongest edges, as HTML that needs no script."""
    graph = shown.spec["graph"]
    names = [_name(node, graph["metadata"]["prompt_tokens"]) for node in graph["nodes"]]
    links = graph["links"]
    entering = [0.0] * len(names)
    for target, weight in zip(links["target"], links["weight"], strict=True):
        entering[target] += abs(weight)
    shares = [w / entering[t] if entering[t] else 0.0 for t, w in zip(links["target"], links["weight"], strict=True)]
    strongest = sorted(range(len(shares)), key=lambda i: -abs(shares[i]))[:n]
    lines = "".join(
        f"<li>{html.escape(names[links['source'][i]])} → {html.escape(names[links['target'][i]])}: "
        f"{100 * shares[i]:+.0f} % of its input</li>"
        for i in strongest
    )
    return (
        f'<div class="graph-waiting"><p>{html.escape(shown.alt)}</p><p>Strongest of {len(shares)} edges, '
        f"between {len(names)} nodes:</p><ul>{lines}</ul></div>"
    )


def _name(node: Mapping[str, Any], tokens: list[str]) -> str:
    """A node in a few words."""
    if node["feature_type"] == "embedding":
        return f"word “{tokens[node['ctx_idx']].strip()}”"
    return f"{node.get('clerp') or node['node_id']} (layer {node['layer']}, position {node['ctx_idx']})"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _compact(document: Mapping[str, Any]) -> dict[str, Any]:
    """The same document in fewer bytes: links as columns, numbers with four digits, no field that says nothing."""
    place = {node["node_id"]: i for i, node in enumerate(document["nodes"])}
    links = {
        "source": [place[link["source"]] for link in document["links"]],
        "target": [place[link["target"]] for link in document["links"]],
        "weight": [_short(link["weight"]) for link in document["links"]],
    }
    metadata = {key: value for key, value in document["metadata"].items() if key != "interpbook"}
    return {
        "metadata": metadata,
        "qParams": _pinned(document),
        "nodes": [_lean(node) for node in document["nodes"]],
        "links": links,
    }


def _pinned(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document's pins. Groups without any get company: the first output, and the words that feed them directly."""
    params = dict(document.get("qParams") or {})
    groups = params.get("supernodes") or []
    if not groups or params.get("pinnedIds"):
        return params
    members = {member for _, *ids in groups for member in ids}
    words = {node["node_id"] for node in document["nodes"] if node["feature_type"] == "embedding"}
    entering = dict.fromkeys(members, 0.0)
    for link in document["links"]:
        if link["target"] in members:
            entering[link["target"]] += abs(link["weight"])
    fed = [
        link["source"]
        for link in document["links"]
        if link["source"] in words - members
        and link["target"] in members
        and abs(link["weight"]) >= FEEDS * entering[link["target"]]
    ]
    outputs = [node["node_id"] for node in document["nodes"] if node.get("is_target_logit")]
    return params | {"pinnedIds": list(dict.fromkeys([*fed, *outputs[:1]]))}


def _lean(node: Mapping[str, Any]) -> dict[str, Any]:
    kept = {k: v for k, v in node.items() if v is not None and (k not in DEFAULTS or v != DEFAULTS[k])}
    return {k: _short(v) if isinstance(v, float) else v for k, v in kept.items()}


def _short(number: float) -> float:
    return float(f"{number:.4g}")


def _cards(document: Mapping[str, Any], cards: Mapping[str, Any], decode: Sequence[str] | None) -> dict[str, Any]:
    """The cards of the features that are in the graph, as plain data."""
    there = {_card_key(node) for node in document["nodes"]}
    return {key: _card(card, decode) for key, card in cards.items() if key in there}


def _card_key(node: Mapping[str, Any]) -> str:
    return f"{node['layer']}_{str(node['node_id']).split('_')[1]}" if str(node["node_id"]).count("_") == 2 else ""


def _card(card: Any, decode: Sequence[str] | None) -> dict[str, Any]:
    if not isinstance(card, Mapping):  # a features.Card, whose room is too heavy to import for a look at a graph
        if decode is None:
            raise ValueError("graph view: a features.Card was given without decode, the text of every token by its id.")
        plain: dict[str, Any] = {
            **{"examples": card.examples, "frequency": card.frequency, "score": card.score},
            **{"label": card.label.words(list(decode)), "raised": [decode[token] for token in card.raised]},
            **{"lowered": [decode[token] for token in card.lowered]},
        }
    else:
        plain = dict(card)
    kept = {key: plain[key][:5] for key in ("raised", "lowered") if plain.get(key)}
    kept |= {key: _short(plain[key]) for key in ("frequency", "score") if plain.get(key) is not None}
    kept |= {"label": plain["label"]} if plain.get("label") else {}
    examples = [[_short(value), *words] for value, *words in plain.get("examples", ())]
    return kept | ({"examples": examples[:EXAMPLES]} if examples else {})


def _problems(document: Mapping[str, Any], selected: str) -> list[str]:
    """Everything that keeps a document from being drawn, one sentence each."""
    if not isinstance(document, Mapping) or not {"metadata", "nodes", "links"} <= set(document):
        return ["expected the content of a graph file, a mapping with metadata, nodes and links (graphs.to_json)"]
    if "prompt_tokens" not in document["metadata"]:
        return ["metadata has no prompt_tokens, the prompt as a list of texts"]
    length, found = len(document["metadata"]["prompt_tokens"]), []
    for i, node in enumerate(document["nodes"]):
        missing = [key for key in NODE_NEEDS if key not in node]
        if missing:
            found.append(f"node {i} has no {', '.join(missing)}")
        elif not 0 <= node["ctx_idx"] < length:
            found.append(f"node {node['node_id']} is at position {node['ctx_idx']}, but the prompt has {length} tokens")
    ids = [node.get("node_id") for node in document["nodes"]]
    found += [f"the id {double!r} is used by two nodes" for double in sorted({str(i) for i in ids if ids.count(i) > 1})]
    found += _link_problems(document["links"], set(ids))
    if selected and selected not in ids:
        found.append(f"selected is {selected!r}, which is no node's id")
    return found


def _link_problems(links: Sequence[Mapping[str, Any]], ids: set[Any]) -> list[str]:
    found = []
    for i, link in enumerate(links):
        missing = [key for key in LINK_NEEDS if key not in link]
        if missing:
            found.append(f"link {i} has no {', '.join(missing)}")
            continue
        found += [f"link {i} names {link[end]!r}, which is no node" for end in LINK_NEEDS[:2] if link[end] not in ids]
        if not math.isfinite(link["weight"]):
            found.append(f"link {i} has the weight {link['weight']}")
    return found

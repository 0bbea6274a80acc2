"""Graph files made by hand for the tests of the viewer, in the format of circuit-tracer."""

import random
from typing import Any

TOKENS = ["<|endoftext|>", "The", " capital", " of", " the", " state", " containing", " Dallas", " is"]
STORY = {
    # id: (layer, position, label, activation, cumulative influence)
    "3_11_2": ("3", 2, "capital cities", 2.1, 0.3),
    "4_7_5": ("4", 5, "states and provinces", 1.4, 0.5),
    "6_40_7": ("6", 7, "Texas", 5.25, 0.2),
    "9_2_8": ("9", 8, "say a capital", 3.0, 0.4),
    "12_345_8": ("12", 8, "say Austin", 4.5, 0.1),
    "14_8_8": ("14", 8, "avoid the city just named", 1.0, 0.8),
    "error_7_7": ("7", 7, "", None, 0.9),
}
LINKS = {
    ("E_1_2", "3_11_2"): 2.0, ("E_1_5", "4_7_5"): 1.5, ("E_1_7", "6_40_7"): 4.0, ("4_7_5", "6_40_7"): 0.5,
    ("3_11_2", "9_2_8"): 1.8, ("E_1_8", "9_2_8"): 0.2, ("6_40_7", "12_345_8"): 3.0, ("9_2_8", "12_345_8"): 1.5,
    ("error_7_7", "12_345_8"): -0.5, ("E_1_7", "14_8_8"): 1.0, ("12_345_8", "16_900_8"): 6.0,
    ("9_2_8", "16_900_8"): 1.0, ("14_8_8", "16_901_8"): -2.5, ("E_1_7", "16_901_8"): 2.0, ("6_40_7", "16_901_8"): 1.0,
    ("E_1_1", "3_11_2"): 0.01,
}  # fmt: skip
CARDS = {
    "6_40": {
        "examples": [
            (9.5, "deep in the heart of ", "Texas", ", where the"),
            (7.1, "from Houston", ",", "\nand <b>then</b>"),
        ],
        "raised": [" Texas", " Houston"],
        "frequency": 0.0031,
    }
}  # fmt: skip


def _node(name: str, layer: str, position: int, kind: str, **more: Any) -> dict[str, Any]:
    filled = {"run_idx": 0, "reverse_ctx_idx": 0, "token_prob": 0.0, "is_target_logit": False, "clerp": ""}
    filled |= {"influence": None, "activation": None}
    about = {"node_id": name, "feature": 1, "layer": layer, "ctx_idx": position, "feature_type": kind}
    return filled | about | {"jsNodeId": f"{name}-0"} | more


def story() -> dict[str, Any]:
    """Dallas to Texas to Austin, with one pinned node and one group."""
    nodes = [_node(f"E_1_{i}", "E", i, "embedding") for i in range(len(TOKENS))]
    for name, (layer, position, label, active, influence) in STORY.items():
        kind = "mlp reconstruction error" if name.startswith("error") else "cross layer transcoder"
        nodes.append(_node(name, layer, position, kind, clerp=label, activation=active, influence=influence))
    for name, word, prob in (("16_900_8", " Austin", 0.41), ("16_901_8", " Dallas", 0.17)):
        label = f'Output "{word}" (p={prob:.3f})'
        nodes.append(_node(name, "16", 8, "logit", clerp=label, token_prob=prob, is_target_logit=prob > 0.4))
    metadata = {
        "slug": "austin",
        "scan": "toy",
        "transcoder_list": [],
        "prompt_tokens": TOKENS,
        "prompt": "".join(TOKENS),
    }
    params = {"pinnedIds": ["6_40_7"], "supernodes": [["capital", "3_11_2", "9_2_8"]]}
    params |= {"linkType": "both", "clickedId": "", "sg_pos": ""}
    links = [{"source": a, "target": b, "weight": w} for (a, b), w in LINKS.items()]
    return {"metadata": metadata, "qParams": params, "nodes": nodes, "links": links}


def crowd(
    n_tokens: int = 12, n_layers: int = 30, n_features: int = 260, n_links: int = 5000, seed: int = 0
) -> dict[str, Any]:
    """A graph as large as a pruned one of a small model: random features, most of them at the last positions."""
    draw = random.Random(seed)
    tokens = [f" word{i}" for i in range(n_tokens)]
    nodes = [_node(f"E_5_{i}", "E", i, "embedding") for i in range(n_tokens)]
    spots = {
        (draw.randrange(n_layers), draw.randrange(49152), min(n_tokens - 1, int(n_tokens * draw.random() ** 0.5)))
        for _ in range(n_features)
    }
    for i, (layer, latent, at) in enumerate(sorted(spots)):
        label = f"at “word{latent % 90}”" if i % 2 else ""
        more = {"clerp": label, "activation": 5 * draw.random(), "influence": 0.8 * draw.random()}
        nodes.append(_node(f"{layer}_{latent}_{at}", str(layer), at, "cross layer transcoder", **more))
    for layer in range(0, n_layers, 3):
        nodes.append(
            _node(f"error_{layer}_{n_tokens - 1}", str(layer), n_tokens - 1, "mlp reconstruction error", influence=0.7)
        )
    for i in range(10):
        more = {
            "clerp": f'Output " guess{i}" (p={0.5 / 2**i:.3f})',
            "token_prob": 0.5 / 2**i,
            "is_target_logit": i == 0,
        }
        nodes.append(_node(f"{n_layers + 1}_{i}_{n_tokens - 1}", str(n_layers + 1), n_tokens - 1, "logit", **more))
    links = {}
    while len(links) < n_links:
        a, b = draw.sample(nodes, 2)
        low = -1 if a["layer"] == "E" else int(a["layer"])
        high = -1 if b["layer"] == "E" else int(b["layer"])
        if low < high and low <= n_layers and a["ctx_idx"] <= b["ctx_idx"]:
            links[a["node_id"], b["node_id"]] = draw.gauss(0, 1) ** 3
    metadata = {
        "slug": "crowd",
        "scan": "toy",
        "transcoder_list": [],
        "prompt_tokens": tokens,
        "prompt": "".join(tokens),
    }
    return {
        "metadata": metadata,
        "qParams": {},
        "nodes": nodes,
        "links": [{"source": a, "target": b, "weight": w} for (a, b), w in links.items()],
    }

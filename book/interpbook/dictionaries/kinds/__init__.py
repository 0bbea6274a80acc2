"""The kinds of dictionary, one a module. Each says, in the same four names, what makes it a kind of its own:

`fresh_extra(config)`  tensors that only this kind has · `TRAINED` which of them learn
`activate(sae, pre)`   the rule: which latents stay, once training is over
`objective(sae, x, choose_in)`  what training makes small, with everything the trainer needs to know of the step
"""

from types import ModuleType

from interpbook.dictionaries.errors import DictionaryError
from interpbook.dictionaries.kinds import batchtopk, gated, jumprelu, matryoshka, relu, topk
from interpbook.dictionaries.sae import Config

RULES: dict[str, ModuleType] = {
    module.__name__.rpartition(".")[2]: module for module in (topk, batchtopk, matryoshka, relu, gated, jumprelu)
}
CONFIGS: dict[str, type[Config]] = {
    "topk": topk.TopK,
    "batchtopk": batchtopk.BatchTopK,
    "matryoshka": matryoshka.Matryoshka,
    "relu": relu.ReLU,
    "gated": gated.Gated,
    "jumprelu": jumprelu.JumpReLU,
}


def rule_of(config: Config) -> ModuleType:
    """The module with a configuration's rule."""
    if config.kind not in RULES:
        raise DictionaryError(f"A dictionary of kind {config.kind!r} is not known here. Kinds: {', '.join(RULES)}.")
    return RULES[config.kind]

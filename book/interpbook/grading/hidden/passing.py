"""Arguments on their way from the grader into a sandbox.

The grader trusts itself, so this direction may use pickle; the way back never does. Functions travel with their code,
because the files that they come from are hidden there; models travel as configuration, weights and tokenizer.
"""

import functools
import importlib
import inspect
import io
import sys
import types
from typing import Any

import cloudpickle


def pickled(value: Any) -> bytes:
    """Bytes that `pickle.loads` reads in a process which has the toolkit, but not its checks."""
    _register(len(sys.modules))
    file = io.BytesIO()
    _Pickler(file).dump(value)
    return file.getvalue()


@functools.lru_cache(maxsize=1)
def _register(n_modules: int) -> None:  # noqa: ARG001 (looks again only when modules were added)
    for name, module in list(sys.modules.items()):
        if _is_hidden(name):
            cloudpickle.register_pickle_by_value(module)  # never undone


def _is_hidden(name: str) -> bool:
    return name == "interpbook.checks" or name.startswith("interpbook.checks.")


def _by_value(function: types.FunctionType) -> bool:
    return _is_hidden(function.__module__) or "<locals>" in function.__qualname__


class _Pickler(cloudpickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:
        if type(obj).__name__ == "TransformersModel" and hasattr(obj, "tokenizer"):
            return _model, _described(obj)
        if isinstance(obj, types.FunctionType) and _by_value(obj) and (plain := inspect.unwrap(obj)) is not obj:
            return _itself, (plain,)  # where types are checked (in tests), the wrapper cannot travel
        return super().reducer_override(obj)


def _itself(value: Any) -> Any:
    return value


def _described(model: Any) -> tuple[str, str, dict, dict, Any]:
    from interpbook.models.loading import network as model_network

    network = model_network(model)
    cls = type(network)
    weights = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
    return cls.__module__, cls.__qualname__, network.config.to_dict(), weights, model.tokenizer


def _model(module: str, name: str, config: dict, weights: dict, tokenizer: Any) -> Any:
    """The model again: same configuration, same weights."""
    import torch

    from interpbook.models.loading import wrap

    cls = getattr(importlib.import_module(module), name)
    state = torch.get_rng_state()
    network = cls(cls.config_class(**config))
    torch.set_rng_state(state)
    network.load_state_dict(weights)
    return wrap(network.eval(), tokenizer)

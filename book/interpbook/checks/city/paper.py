"""Exercises 1 and 2: sheets of paper and the numbers on them."""

import math

from interpbook import scale
from interpbook.exercises import Check, Mistake
from interpbook.scale import sheet_m2

# --- 1 paper ---


def _area_inputs() -> list[tuple]:
    return [(1000, 100), (101, 100), (8, 3), (7, 3), (2_000_003, 137), (5, 1000)]


def _whole_sheets(n_numbers: scale.Real, numbers_per_sheet: int) -> float:
    full, rest = divmod(int(n_numbers), numbers_per_sheet)
    return (full + (rest > 0)) * sheet_m2()


AREA = Check(
    id="scale.paper_area_m2",
    reference=scale.paper_area_m2,
    inputs=_area_inputs,
    mistakes=(
        Mistake(
            "part of a sheet",
            lambda n, per: n / per * sheet_m2(),
            "Your last sheet seems to be cut off where the numbers end. 101 numbers at 100 a sheet: how many sheets "
            "do you carry home?",
        ),
        Mistake(
            "rounded down",
            lambda n, per: n // per * sheet_m2(),
            "The numbers on the last, half-filled sheet seem to be lost. With 5 numbers at 1,000 a sheet, is there "
            "any paper at all?",
        ),
        Mistake(
            "rounded to nearest",
            lambda n, per: round(n / per) * sheet_m2(),
            "A last sheet with few numbers on it seems to be dropped, one with many kept. Which way must sheets be "
            "rounded so that every number finds a place?",
        ),
        Mistake(
            "multiplied",
            lambda n, per: n * per * sheet_m2(),
            "More numbers on a sheet give you more paper. Should twice the numbers on a sheet double the area or "
            "halve it?",
        ),
        Mistake(
            "both sides",
            lambda n, per: math.ceil(n / per) * sheet_m2() / 2,
            "That is half of what is expected. Do you print on both sides? The city is covered with sheets printed "
            "on one.",
        ),
    ),
    alternatives=(_whole_sheets,),
    fallback="Two steps: how many sheets (a whole number), then their area with sheet_m2(). What do you get for "
    "1,000 numbers at 100 a sheet? It should be ten sheets, about 0.6 square metres.",
)

# --- 2 parameters ---

Sizes = tuple[int, int, int, int, int, int, int]


def _size_inputs() -> list[Sizes]:
    # d_vocab, d_model, n_layers, n_heads, n_kv_heads, d_head, d_mlp
    return [(49152, 576, 30, 9, 3, 64, 1536), (97, 24, 3, 4, 2, 6, 40), (1000, 64, 2, 8, 8, 16, 100)]


def _count(sizes: Sizes, *, tables: int = 1, kv: bool = True, mlps: int = 3, norms: int = 2, last: bool = True) -> int:
    d_vocab, d_model, n_layers, n_heads, n_kv_heads, d_head, d_mlp = sizes
    heads = 2 * n_heads + 2 * (n_kv_heads if kv else n_heads)
    block = heads * d_head * d_model + mlps * d_model * d_mlp + norms * d_model
    return tables * d_vocab * d_model + n_layers * block + last * d_model


def _matrix_by_matrix(
    d_vocab: int, d_model: int, n_layers: int, n_heads: int, n_kv_heads: int, d_head: int, d_mlp: int
) -> int:
    query, key = d_model * n_heads * d_head, d_model * n_kv_heads * d_head
    block = [query, key, key, query, d_model * d_mlp, d_model * d_mlp, d_mlp * d_model, d_model, d_model]
    return sum([d_vocab * d_model, *block * n_layers, d_model])


COUNT = Check(
    id="scale.count_parameters",
    reference=scale.count_parameters,
    inputs=_size_inputs,
    rtol=0,
    atol=0,
    mistakes=(
        Mistake(
            "all heads have keys",
            lambda *sizes: _count(sizes, kv=False),
            "Too many in attention: you seem to give every head its own key and value matrix. How many key and value "
            "heads does the configuration name, and who shares them?",
        ),
        Mistake(
            "unembedding again",
            lambda *sizes: _count(sizes, tables=2),
            "You seem to count the table of tokens twice. In this model the unembedding *is* the embedding, read in "
            "the other direction. How many copies are on disk?",
        ),
        Mistake(
            "two MLP matrices",
            lambda *sizes: _count(sizes, mlps=2),
            "Too few in the MLP: up and down make two matrices. What about the gate that is multiplied with `up`?",
        ),
        Mistake(
            "no norms",
            lambda *sizes: _count(sizes, norms=0, last=False),
            "The big matrices are right. Which small vectors, one number for each dimension of the stream, stand "
            "before attention, before the MLP, and at the very end?",
        ),
        Mistake(
            "no last norm",
            lambda *sizes: _count(sizes, last=False),
            "You are off by d_model, exactly one vector. What does the stream pass between the last block and the "
            "unembedding?",
        ),
        Mistake(
            "one norm a block",
            lambda *sizes: _count(sizes, norms=1),
            "You are off by d_model in every block. Attention reads a normalised stream; who else does?",
        ),
        Mistake(
            "one head only",
            lambda v, d, n, h, k, e, m: _count((v, d, n, 1, 1, e, m)),
            "Attention comes out much too small: d_head is the width of *one* head. How wide are all of them side by "
            "side?",
        ),
    ),
    alternatives=(_matrix_by_matrix,),
    fallback="List the matrices of one block with their shapes: q, k, v, o, gate, up, down, and two norms. Which of "
    "them disagrees with your sum? For SmolLM2 the answer is 134,515,008.",
)

"""Exercises 6 and 7: the error node that carries the answer, and the intervention that tells deep from shallow."""

from interpbook.exercises import Check, Mistake

CARRIER = Check(
    id="tracing.carrier",
    reference="error 2 at Dallas",
    mistakes=(
        Mistake(
            "largest edge",
            "error 5 at is",
            "That node has the largest direct edges, but look at both cities: it lifts them alike. What would its loss "
            "change about *which* city wins?",
        ),
        Mistake(
            "a node that one can name",
            "feature Texas",
            "That feature carries the answer at the end, and it is no error node. Where does it get its strength from?",
        ),
        Mistake(
            "a small one",
            "error 4 at is",
            "It favours Austin directly, but only a little. Is there an error node that acts through a feature and "
            "takes more of the gap with it when it goes?",
        ),
        Mistake(
            "the token",
            "token Dallas",
            "The word is where it starts, but it is a token and not an error. Which error node stands between the word "
            "and the feature?",
        ),
    ),
    alternatives=("Error 2 at Dallas", " error 2 at dallas "),
    fallback="Answer with one of the names of nodes that begin with `error`. For each, remove it (factor 0) and look "
    "at the change of Austin minus the change of Dallas. Which takes most?",
)

SHALLOW = Check(
    id="tracing.shallow",
    reference=(-1, 0),
    mistakes=(
        Mistake(
            "no change in either",
            (0, 0),
            "In the model y is computed from c, and c from b. Does c stay 1 when b becomes 0?",
        ),
        Mistake(
            "both alike",
            (-1, -1),
            "You follow the graph through b. Which nodes does *this* graph have, and is b among them?",
        ),
        Mistake(
            "the wrong way round",
            (0, -1),
            "It may be the other way round: which of the two has a wire that starts at b?",
        ),
        Mistake(
            "sign",
            (1, 0),
            "The right sizes. y was 1 and is 0 then. Which sign has the change?",
        ),
    ),
    alternatives=([-1, 0], (-1.0, 0.0)),
    fallback="Answer with two numbers, (in the model, by the graph). Work the model through by hand with b = 0; then "
    "look which nodes the graph could take b from. What is left of the path?",
)

"""What a model's paper reports, and how far the model here is the same."""

from typing import NamedTuple


class Paper(NamedTuple):
    """One row of the leaderboard of systems.

    `reported` is the figure as the paper gives it ("61%"; "not found"), `data` what it was measured on; `left_open`
    says what the paper does not, `differs` what is done otherwise here. Texts are in plain words; "" is nothing.
    """

    cite: str
    reported: str
    data: str
    left_open: str
    differs: str

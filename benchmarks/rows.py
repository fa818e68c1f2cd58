"""A row of the table of speeds that bench.py prints."""

from typing import NamedTuple


class Row(NamedTuple):
    """A measurement: its name, its speed as a multiple of a reference in the same run, and a figure to go with it."""

    name: str
    ratio: float
    reference: str
    figure: str

    def __str__(self) -> str:
        return f"{self.name:32} {self.ratio:5.2f} x {self.reference:42} {self.figure}"

"""What is said to be drawn: reports make charts, figures draw them, and neither imports the other."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True, eq=False)
class Chart:
    """One figure to draw: `kind` is a key of `figures.delivery.KINDS`; title, caption and alt are {lang: text}, names
    {lang: {code: label}}."""

    kind: str
    name: str
    table: pd.DataFrame = field(repr=False)
    title: dict[str, str]
    caption: dict[str, str]
    synthetic: bool
    names: dict[str, dict] = field(default_factory=dict, repr=False)
    options: dict = field(default_factory=dict, repr=False)
    alt: dict[str, str] = field(default_factory=dict, repr=False)

"""A count on a page that says which count it is, so that the checker can count again (`claims.page_counts`) and hold the page against it."""

from __future__ import annotations

from markupsafe import Markup


class Counted(int):
    """A whole number with the name of what was counted; on a page it is written with that name as a mark.

    Examples
    --------
    >>> from markupsafe import Markup
    >>> Markup("{n:,} values").format(n=Counted("values", 1200))
    Markup('<span data-n="values">1,200</span> values')
    """

    def __new__(cls, name: str, value: int):
        """Return the number `value` that counts `name`."""
        made = super().__new__(cls, value)
        made.name = name
        return made

    def __html__(self) -> Markup:
        return self.__html_format__("")

    def __html_format__(self, spec: str) -> Markup:
        return Markup('<span data-n="{}">{}</span>').format(self.name, format(int(self), spec))

"""JavaScript's `undefined` in Python: a value that is not there, unlike `None`."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # The experimental home is the one that both type checkers understand.
    from pydantic.experimental.missing_sentinel import MISSING
else:
    try:
        from pydantic import MISSING
    except ImportError:  # pydantic < 2.14
        from pydantic.experimental.missing_sentinel import MISSING

__all__ = ["MISSING"]

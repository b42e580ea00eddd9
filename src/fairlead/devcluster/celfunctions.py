"""Kubernetes' own functions for CEL rules, beside the standard ones of the language."""

from __future__ import annotations

import ipaddress
import operator
import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, Final
from urllib.parse import urlsplit

# What a rule works on is JSON of any shape: the types are the rule's own business.


def _is_sorted(values: list[Any]) -> bool:
    return all(a <= b for a, b in pairwise(values))


def _sum(values: list[Any]) -> Any:
    return sum(values)


def _index_of(values: Any, item: Any, start: int = 0) -> int:
    if isinstance(values, str):
        return values.find(item, start)
    return next((place for place, each in enumerate(values) if each == item), -1)


def _last_index_of(values: Any, item: Any) -> int:
    if isinstance(values, str):
        return values.rfind(item)
    found = [place for place, each in enumerate(values) if each == item]
    return found[-1] if found else -1


def _find(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    return found[0] if found else ""


def _find_all(text: str, pattern: str, limit: int = -1) -> list[str]:
    found = [each[0] for each in re.finditer(pattern, text)]
    return found if limit < 0 else found[:limit]


def _split(text: str, separator: str, limit: int = -1) -> list[str]:
    if limit == 0:
        return []
    return list(text) if not separator else text.split(separator, limit - 1 if limit > 0 else -1)  # fmt: skip


def _join(values: list[str], separator: str = "") -> str:
    return separator.join(values)


def _substring(text: str, start: int, end: int | None = None) -> str:
    return text[start:end]


def _char_at(text: str, place: int) -> str:
    return text[place : place + 1]


def _replace(text: str, old: str, new: str, limit: int = -1) -> str:
    return text.replace(old, new, limit)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme) and (bool(parts.netloc) or parts.path.startswith("/"))


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_cidr(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return "/" in text


_QUANTITY = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+)?")  # fmt: skip
_SCALES = {
    "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50, "Ei": 2.0**60,
}  # fmt: skip


def _is_quantity(text: str) -> bool:
    return _QUANTITY.fullmatch(text) is not None


def _quantity(text: str) -> float:
    """Return a quantity as a number, which then compares with the language's own operators."""
    found = _QUANTITY.fullmatch(text)
    if found is None:
        raise ValueError(f"quantities must match the regular expression: {text!r}")
    unit = found[3] or ""
    if unit in _SCALES:
        return float(text.removesuffix(unit)) * _SCALES[unit]
    return float(text)


def _compare(first: float, second: float) -> int:
    return (first > second) - (first < second)


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "isSorted": _is_sorted,
    "sum": _sum,
    "min": min,
    "max": max,
    "indexOf": _index_of,
    "lastIndexOf": _last_index_of,
    "find": _find,
    "findAll": _find_all,
    "split": _split,
    "join": _join,
    "substring": _substring,
    "replace": _replace,
    "trim": str.strip,
    "lowerAscii": str.lower,
    "upperAscii": str.upper,
    "charAt": _char_at,
    "isURL": _is_url,
    "isIP": _is_ip,
    "isCIDR": _is_cidr,
    "isQuantity": _is_quantity,
    "quantity": _quantity,
    "asApproximateFloat": float,
    "isGreaterThan": operator.gt,
    "isLessThan": operator.lt,
    "compareTo": _compare,
}

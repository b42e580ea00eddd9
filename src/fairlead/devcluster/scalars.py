"""Text that typed fields hold: base64, times, durations, quantities, as Go reads and writes them."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import ROUND_UP, Decimal
from typing import Final

from fairlead.devcluster.jsontypes import JsonValue

_ALPHABET = frozenset(string.ascii_letters + string.digits + "+/")
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[-+]\d\d:\d\d)")
_DURATION = re.compile(r"[-+]?(0|((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+)")
_QUANTITY = re.compile(
    r"([+-]?(?:\d+\.?\d*|\.\d+))([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+|)"
)
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL: Final = {
    "n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18,
}  # fmt: skip
_SUFFIXES = {power: suffix for suffix, power in _DECIMAL.items()}
_NANO = Decimal("1e-9")
_LAYOUTS = {
    "date-time": "2006-01-02T15:04:05Z07:00",
    "micro-time": "2006-01-02T15:04:05.000000Z07:00",
}
_SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_RESTS = {"date-time": "Z07:00", "micro-time": ".000000"}
_NO_QUANTITY = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
_INT32 = 2**31


def read_scalar(kind: str, value: JsonValue) -> JsonValue:
    """Return a value of a format in the form in which it is stored.

    Raises:
        ValueError: It has not that format; with the message of Go's decoder.
    """
    read = _READERS.get(kind)
    return value if read is None else read(value)


def _base64(value: JsonValue) -> JsonValue:
    body = value.rstrip("=")
    padding = len(value) - len(body)
    wrong = next((at for at, sign in enumerate(body) if sign not in _ALPHABET), None)
    if wrong is None and (len(value) % 4 or padding > 2 or len(body) % 4 == 1):
        wrong = len(body) if padding > 2 else len(value) - len(value) % 4
        wrong = len(body) if padding and len(value) % 4 else wrong
    if wrong is not None:
        raise ValueError(f"illegal base64 data at input byte {wrong}")
    return value


def _time(kind: str) -> Callable[[JsonValue], JsonValue]:
    def read(value: JsonValue) -> JsonValue:
        found = _TIME.fullmatch(value)
        if kind == "micro-time" and found and len(found[2] or "") != 7:
            found = None  # Go wants exactly six digits here
        try:
            moment = datetime.fromisoformat(found[1] + found[3]) if found else None
        except ValueError:
            moment = None
        if found is None or moment is None:
            begun = _SECONDS.match(value)
            rest = value[begun.end() :] if begun else value
            wanted = _RESTS[kind] if begun else "2006"
            raise ValueError(
                f'parsing time "{value}" as "{_LAYOUTS[kind]}": cannot parse "{rest}" as "{wanted}"'
            )
        text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        if kind == "micro-time":
            text += f".{(found[2] or '.')[1:7]:0<6}"
        return f"{text}Z"

    return read


def _duration(value: JsonValue) -> JsonValue:
    if not _DURATION.fullmatch(value):
        raise ValueError(f'time: invalid duration "{value}"')
    return value


def _int32(value: JsonValue) -> JsonValue:
    if not -_INT32 <= value < _INT32:
        raise ValueError(
            f"json: cannot unmarshal number {value} into Go value of type int32"
        )
    return value


def parse_quantity(text: str) -> tuple[Decimal, str]:
    """Return the number of a quantity and its suffix.

    Raises:
        ValueError: It is no quantity.
    """
    found = _QUANTITY.fullmatch(text.strip())
    if found is None:
        raise ValueError(_NO_QUANTITY)
    number, suffix = Decimal(found[1]), found[2]
    if suffix in _DECIMAL:
        return number.scaleb(_DECIMAL[suffix]), suffix
    if suffix in _BINARY:
        return number * 1024 ** _BINARY.index(suffix), suffix
    return number.scaleb(max(-40, min(40, int(suffix[1:])))), suffix


def canonical_quantity(text: str) -> str:
    """Return a quantity as a server writes it: 1000m is 1, and 1024Mi is 1Gi."""
    number, suffix = parse_quantity(text)
    number = number.quantize(_NANO, rounding=ROUND_UP) if number % _NANO else number
    if suffix in _BINARY[1:] and abs(number) >= 1024 and number == int(number):
        whole, step = int(number), 0
        while whole % 1024 == 0 and step < len(_BINARY) - 1:
            whole, step = whole // 1024, step + 1
        return f"{whole}{_BINARY[step]}"
    if not number:
        return "0"
    power = -9
    while power < 18 and number.scaleb(-power - 3) == int(number.scaleb(-power - 3)):
        power += 3
    whole = int(number.scaleb(-power))
    if suffix[:1] in ("e", "E") and suffix != "E":
        return f"{whole}e{power}" if power else str(whole)
    return f"{whole}{_SUFFIXES[power]}"


def _quantity(value: JsonValue) -> JsonValue:
    return canonical_quantity(value if isinstance(value, str) else f"{value}")


_READERS: dict[str, Callable[[JsonValue], JsonValue]] = {
    "byte": _base64,
    "date-time": _time("date-time"),
    "micro-time": _time("micro-time"),
    "duration": _duration,
    "quantity": _quantity,
    "int32": _int32,
}

"""Kubernetes' own types for CEL rules: addresses, networks, URLs, quantities and formats.

The library knows no types of ours: such a value is a map with one entry that names its type.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias
from urllib.parse import SplitResult, parse_qs, urlsplit

import cel

from fairlead.devcluster.formats import matches_format
from fairlead.devcluster.jsontypes import is_object
from fairlead.devcluster.names import (
    dns_1035_problem,
    label_problem,
    label_value_problem,
    qualified_name_problem,
    subdomain_problem,
)
from fairlead.devcluster.scalars import parse_quantity

Value: TypeAlias = dict[str, str]
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


def _holds(check: Callable[[str], object]) -> Callable[[str], bool]:
    def holds(text: str) -> bool:
        try:
            check(text)
        except ValueError:
            return False
        return True

    return holds


# addresses and networks


def _address(value: Any) -> Address:
    found = ipaddress.ip_address(value["ip"] if is_object(value) else value)
    if isinstance(found, ipaddress.IPv6Address) and (
        found.ipv4_mapped or found.scope_id
    ):
        raise ValueError("an IPv4-mapped address or one with a zone is not allowed")
    return found


def _network(value: Any) -> Network:
    text: str = value["cidr"] if is_object(value) else value
    if "/" not in text or not text.rpartition("/")[2].isdigit():
        raise ValueError(f"invalid CIDR address: {text}")
    return ipaddress.ip_network(text, strict=False)


def _of_address(part: Callable[[Address], Any]) -> Callable[[Any], Any]:
    return lambda value: part(_address(value))


def _of_network(part: Callable[[Network], Any]) -> Callable[[Any], Any]:
    return lambda value: part(_network(value))


def _of_numbers(part: Callable[[Decimal, Decimal], Any]) -> Callable[[Any, Any], Any]:
    return lambda first, second: part(_number(first), _number(second))


def _is_canonical(text: str) -> bool:
    return str(_address(text)) == text


def _contains_ip(value: Value, other: Any) -> bool:
    return _address(other) in _network(value)


def _ip(value: Any) -> Value:
    """Return an address, of a text or of a network."""
    if is_object(value):
        return {"ip": str(value["cidr"]).partition("/")[0]}
    return {"ip": str(_address(value))}


def _cidr(text: str) -> Value:
    _network(text)
    return {"cidr": text}


def _contains_cidr(outer: Value, inner: Any) -> bool:
    one, other = _network(outer), _network(inner)
    return (
        one.version == other.version
        and one.prefixlen <= other.prefixlen
        and other.network_address in one
    )


def _is_global_unicast(value: Value) -> bool:
    found = _address(value)
    special = found.is_unspecified or found.is_loopback or found.is_multicast
    limited = str(found) == "255.255.255.255"
    return not (special or found.is_link_local or limited)


def _is_local_multicast(value: Value) -> bool:
    found = _address(value)
    local = "224.0.0.0/24" if found.version == 4 else "ff02::/16"
    return found in ipaddress.ip_network(local)


# URLs


def _parts(text: str) -> SplitResult:
    parts = urlsplit(text)
    _ = parts.port  # raises for what is no number
    if not (parts.scheme or parts.path.startswith("/")) or " " in text:
        raise ValueError(f"URL parse error: {text}")
    return parts


def _url(text: str) -> Value:
    _parts(text)
    return {"url": text}


def _of_url(part: Callable[[SplitResult], Any]) -> Callable[[Value], Any]:
    return lambda value: part(urlsplit(value["url"]))


# quantities


def _quantity(text: str) -> Value:
    return {"quantity": _plain(parse_quantity(text)[0])}


def _plain(number: Decimal) -> str:
    return format(number.normalize() + 0, "f")


def _number(value: Any) -> Decimal:
    return Decimal(value["quantity"] if is_object(value) else value)


def _as_float(value: Value) -> float:
    return float(_number(value))


def _is_integer(value: Value) -> bool:
    number = _number(value)
    return number == int(number) and -(2**63) <= number < 2**63


def _as_integer(value: Value) -> int:
    if not _is_integer(value):
        raise ValueError("cannot convert value to integer")
    return int(_number(value))


def _sign(value: Value) -> int:
    number = _number(value)
    return (number > 0) - (number < 0)


# formats


def _prefixed(check: Callable[[str], str]) -> Callable[[str], str]:
    """Return a check of the beginning of a name, which may end with a hyphen."""
    return lambda text: check(f"{text}a" if text.endswith("-") else text)


def _matching(name: str) -> Callable[[str], str]:
    return lambda text: "" if matches_format(name, text) else f"invalid {name}: {text}"


_FORMATS: dict[str, Callable[[str], str]] = {
    "dns1123Label": label_problem,
    "dns1123Subdomain": subdomain_problem,
    "dns1035Label": dns_1035_problem,
    "dns1123LabelPrefix": _prefixed(label_problem),
    "dns1123SubdomainPrefix": _prefixed(subdomain_problem),
    "dns1035LabelPrefix": _prefixed(dns_1035_problem),
    "qualifiedName": qualified_name_problem,
    "labelValue": label_value_problem,
    **{name: _matching(name) for name in ("uri", "uuid", "byte", "date", "datetime")},
}


def _named(name: str) -> cel.OptionalValue:
    known = name in _FORMATS
    return cel.OptionalValue.of({"format": name}) if known else cel.OptionalValue.none()


def _validate(value: Value, text: str) -> cel.OptionalValue:
    problem = _FORMATS[value["format"]](text)
    return cel.OptionalValue.of([problem]) if problem else cel.OptionalValue.none()


def _one_format(name: str) -> Callable[[], Value]:
    return lambda: {"format": name}


VALUES: Final[Mapping[str, Callable[..., Any]]] = {
    "isIP": _holds(_address),
    "ip": _ip,
    "ip_isCanonical": _is_canonical,
    "family": _of_address(lambda found: found.version),
    "isUnspecified": _of_address(lambda found: found.is_unspecified),
    "isLoopback": _of_address(lambda found: found.is_loopback),
    "isLinkLocalUnicast": _of_address(lambda found: found.is_link_local),
    "isLinkLocalMulticast": _is_local_multicast,
    "isGlobalUnicast": _is_global_unicast,
    "isCIDR": _holds(_network),
    "cidr": _cidr,
    "containsIP": _contains_ip,
    "containsCIDR": _contains_cidr,
    "masked": _of_network(lambda found: {"cidr": str(found)}),
    "prefixLength": _of_network(lambda found: found.prefixlen),
    "isURL": _holds(_parts),
    "url": _url,
    "getScheme": _of_url(lambda parts: parts.scheme),
    "getHost": _of_url(lambda parts: parts.netloc.rpartition("@")[2]),
    "getHostname": _of_url(lambda parts: parts.hostname or ""),
    "getPort": _of_url(lambda parts: "" if parts.port is None else str(parts.port)),
    "getEscapedPath": _of_url(lambda parts: parts.path),
    "getQuery": _of_url(lambda parts: parse_qs(parts.query, keep_blank_values=True)),
    "isQuantity": _holds(parse_quantity),
    "quantity": _quantity,
    "asApproximateFloat": _as_float,
    "asInteger": _as_integer,
    "isInteger": _is_integer,
    "isGreaterThan": _of_numbers(lambda first, second: first > second),
    "isLessThan": _of_numbers(lambda first, second: first < second),
    "compareTo": _of_numbers(lambda first, second: (first > second) - (first < second)),
    "sign": _sign,
    "add": _of_numbers(lambda first, second: {"quantity": _plain(first + second)}),
    "sub": _of_numbers(lambda first, second: {"quantity": _plain(first - second)}),
    "format_named": _named,
    "validate": _validate,
    **{f"format_{name}": _one_format(name) for name in _FORMATS},
}

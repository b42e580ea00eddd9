"""CEL rules of custom resources."""

from __future__ import annotations

from typing import Any

import pytest
from tests.devcluster.conftest import CRD, GADGETS, Api, gadget_crd

JsonObject = dict[str, Any]


def ruled(rules: list[JsonObject], **properties: JsonObject) -> JsonObject:
    """The Gadget definition with a spec of these properties and rules."""
    found = gadget_crd()
    (version,) = found["spec"]["versions"]
    spec = {
        "type": "object",
        "properties": properties,
        "x-kubernetes-validations": rules,
    }
    version["schema"] = {
        "openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}
    }
    version.pop("selectableFields")
    version.pop("subresources")
    return found


def gadget(**spec: Any) -> JsonObject:
    return {
        "apiVersion": "demo.dev/v1",
        "kind": "Gadget",
        "metadata": {"name": "g"},
        "spec": spec,
    }


NUMBER, TEXT = {"type": "integer"}, {"type": "string"}


async def test_a_broken_rule_is_a_field_error(api: Api) -> None:
    rule = {"rule": "self.lo <= self.hi", "message": "lo must be <= hi"}
    assert (await api.post(CRD, ruled([rule], lo=NUMBER, hi=NUMBER))).status == 201
    assert (await api.post(GADGETS, gadget(lo=1, hi=2), dryRun="All")).status == 201
    broken = (await api.post(GADGETS, gadget(lo=3, hi=2))).body
    assert broken["message"] == (
        'Gadget.demo.dev "g" is invalid: spec: Invalid value: "object": lo must be <= hi'
    )
    assert broken["details"]["causes"][0] == {
        "reason": "FieldValueInvalid",
        "message": 'Invalid value: "object": lo must be <= hi',
        "field": "spec",
    }
    missing = (await api.post(GADGETS, gadget(lo=3))).body
    assert "rule evaluation error: no such key: hi" in missing["message"]


async def test_transition_rules_see_the_object_before(api: Api) -> None:
    size = {
        **TEXT,
        "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "size is immutable"}],
    }  # fmt: skip
    await api.post(CRD, ruled([], size=size, other=TEXT))
    assert (await api.post(GADGETS, gadget(size="s"))).status == 201
    assert (await api.merge(f"{GADGETS}/g", {"spec": {"other": "x"}})).status == 200
    refused = (await api.merge(f"{GADGETS}/g", {"spec": {"size": "l"}})).body
    assert refused["details"]["causes"][0]["field"] == "spec.size"
    assert 'Invalid value: "string": size is immutable' in refused["message"]
    applied = await api.apply(f"{GADGETS}/g", gadget(size="l"), "m", force="true")
    assert applied.status == 422


async def test_items_of_a_map_list_are_compared_by_key(api: Api) -> None:
    item = {
        "type": "object",
        "required": ["name"],
        "properties": {"name": TEXT, "port": NUMBER},
        "x-kubernetes-validations": [{"rule": "self.port >= oldSelf.port", "message": "may only grow"}],
    }  # fmt: skip
    ports = {
        "type": "array",
        "items": item,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"],
    }
    await api.post(CRD, ruled([], ports=ports))
    await api.post(
        GADGETS, gadget(ports=[{"name": "a", "port": 5}, {"name": "b", "port": 9}])
    )
    grown = gadget(ports=[{"name": "c", "port": 1}, {"name": "b", "port": 10}])
    assert (await api.merge(f"{GADGETS}/g", {"spec": grown["spec"]})).status == 200
    shrunk = {"ports": [{"name": "c", "port": 0}]}
    refused = (await api.merge(f"{GADGETS}/g", {"spec": shrunk})).body
    assert refused["details"]["causes"][0]["field"] == "spec.ports[0]"


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        ("self.s.matches('^a+$')", {"s": "aa"}, {"s": "b"}),
        ("self.l.all(x, x > 0)", {"l": [1, 2]}, {"l": [1, 0]}),
        ("self.l.exists_one(x, x == 1)", {"l": [1, 2]}, {"l": [1, 1]}),
        ("!has(self.s) || self.s.startsWith('x')", {}, {"s": "y"}),
        ("self.l.isSorted()", {"l": [1, 2]}, {"l": [2, 1]}),
        ("self.l.sum() < 10", {"l": [1, 2]}, {"l": [9, 2]}),
        ("self.l.max() == 3", {"l": [1, 3]}, {"l": [1]}),
        ("self.l.indexOf(3) >= 0", {"l": [1, 3]}, {"l": [1]}),
        ("isURL(self.s)", {"s": "https://a.b"}, {"s": "no"}),
        ("isIP(self.s)", {"s": "10.0.0.1"}, {"s": "10.0"}),
        ("isCIDR(self.s)", {"s": "10.0.0.0/8"}, {"s": "10.0.0.0"}),
        ("quantity(self.s).compareTo(quantity('1Gi')) <= 0", {"s": "512Mi"}, {"s": "2G"}),
        ("quantity(self.s).add(quantity('1')).asInteger() == 1025", {"s": "1Ki"}, {"s": "1k"}),
        ("quantity(self.s).isInteger() && isQuantity(self.s)", {"s": "1M"}, {"s": "1m"}),
        ("self.?s.orValue('x') == 'x'", {}, {"s": "y"}),
        ("self.?m.?a.hasValue()", {"m": {"a": "x"}}, {"m": {}}),
        ("self.?m.a.orValue('') == 'x'", {"m": {"a": "x"}}, {}),
        ("self.m[?'a'].orValue('') == 'x'", {"m": {"a": "x"}}, {"m": {}}),
        ("self.l[?1].orValue(0) == 2", {"l": [1, 2]}, {"l": [1]}),
        ("self.?l.optMap(x, x.size()).orValue(0) == 1", {"l": [1]}, {}),
        ("self.?m.optFlatMap(x, x.?a).hasValue()", {"m": {"a": "x"}}, {"m": {"b": "x"}}),
        ("[?self.?s].size() == 1", {"s": "a"}, {}),
        ("{?'k': self.?s}.size() == 1", {"s": "a"}, {}),
        ("optional.of(self.l.size()).or(optional.none()).value() == 1", {"l": [1]}, {"l": []}),
        ("sets.contains(self.l, [1, 2])", {"l": [2, 1]}, {"l": [1]}),
        ("sets.intersects(self.l, [1, 2])", {"l": [2]}, {"l": [3]}),
        ("sets.equivalent(self.l, [1, 2])", {"l": [2, 1, 1]}, {"l": [2]}),
        ("url(self.s).getHostname() == 'a.b' && url(self.s).getPort() == '80'", {"s": "http://a.b:80/"}, {"s": "http://a.b/"}),
        ("url(self.s).getQuery()['k'] == ['v']", {"s": "http://a/?k=v"}, {"s": "http://a/?k=w"}),
        ("ip(self.s).family() == 6 && ip.isCanonical(self.s)", {"s": "::1"}, {"s": "0::1"}),
        ("ip(self.s).isLoopback()", {"s": "127.0.0.1"}, {"s": "10.0.0.1"}),
        ("cidr('10.0.0.0/8').containsIP(self.s)", {"s": "10.1.1.1"}, {"s": "11.0.0.1"}),
        ("cidr('10.0.0.0/8').containsCIDR(cidr(self.s))", {"s": "10.1.0.0/16"}, {"s": "0.0.0.0/0"}),
        ("cidr(self.s).prefixLength() == 8 && cidr(self.s).masked() == cidr(self.s)", {"s": "10.0.0.0/8"}, {"s": "10.1.0.0/8"}),
        ("!format.dns1123Label().validate(self.s).hasValue()", {"s": "a-b"}, {"s": "A"}),
        ("format.named('uuid').value().validate(self.s) == optional.none()", {"s": "123e4567-e89b-12d3-a456-426614174000"}, {"s": "x"}),
        ("'%s has %d'.format([self.s, self.l.size()]) == 'a has 1'", {"s": "a", "l": [1]}, {"s": "b", "l": [1]}),
        ("self.s.lowerAscii() == self.s", {"s": "a"}, {"s": "A"}),
        ("self.s.split(',').size() == 2", {"s": "a,b"}, {"s": "a"}),
        ("self.s.find('[0-9]+') == '12'", {"s": "a12"}, {"s": "a"}),
        ("self.n < 1.5", {"n": 1}, {"n": 2}),
        ("self.m.all(k, k.startsWith('p-'))", {"m": {"p-a": "x"}}, {"m": {"a": "x"}}),
        ("self.__namespace__ == self.x__dash__y", {"namespace": "a", "x-y": "a"}, {"namespace": "a", "x-y": "b"}),
    ],
)  # fmt: skip
async def test_what_rules_can_say(
    api: Api, rule: str, good: JsonObject, bad: JsonObject
) -> None:
    properties: dict[str, JsonObject] = {
        "s": TEXT,
        "n": {"type": "number"},
        "l": {"type": "array", "items": NUMBER},
        "m": {"type": "object", "additionalProperties": TEXT},
        "namespace": TEXT,
        "x-y": TEXT,
    }
    made = await api.post(CRD, ruled([{"rule": rule}], **properties))
    assert made.status == 201, made.text
    fine = await api.post(GADGETS, gadget(**good), dryRun="All")
    assert (fine.status, fine.headers.get("Warning")) == (201, None), fine.text
    refused = await api.post(GADGETS, gadget(**bad), dryRun="All")
    assert refused.status == 422, refused.text
    assert f"failed rule: {rule}" in refused.body["message"]


async def test_message_reason_and_place_of_a_rule(api: Api) -> None:
    rule = {
        "rule": "self.a < 3",
        "messageExpression": "'a is ' + string(self.a)",
        "reason": "FieldValueForbidden",
        "fieldPath": ".a",
    }
    await api.post(CRD, ruled([rule], a=NUMBER))
    (cause,) = (await api.post(GADGETS, gadget(a=5))).body["details"]["causes"]
    assert cause == {
        "reason": "FieldValueForbidden",
        "message": "Forbidden: a is 5",
        "field": "spec.a",
    }


async def test_what_is_no_rule_is_refused(api: Api) -> None:
    refused = await api.post(CRD, ruled([{"rule": "self.a <"}], a=NUMBER))
    assert refused.status == 422
    assert "x-kubernetes-validations[0].rule" in refused.body["message"]
    assert "compilation failed" in refused.body["message"]
    assert (await api.post(CRD, ruled([{"rule": ""}], a=NUMBER))).status == 422


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ("self.nope > 1", "nope"),
        ("self.m.a == 'x' && self.o.nope == 1", "nope"),
        ("self.o.known == 1 && oldSelf.gone == 1", "gone"),
        ("self.o.known.strange() == 1", "strange"),
        ("self.m.all(x, y == x)", "y"),
    ],
)
async def test_names_that_do_not_exist_make_no_rule(
    api: Api, rule: str, field: str
) -> None:
    o = {"type": "object", "properties": {"known": NUMBER}}
    m = {"type": "object", "additionalProperties": TEXT}
    refused = await api.post(CRD, ruled([{"rule": rule}], o=o, m=m))
    assert refused.status == 422
    known = f"undefined field '{field}'", f"undeclared reference to '{field}'"
    assert any(text in refused.body["message"] for text in known)


async def test_a_rule_may_see_that_there_was_no_object_before(api: Api) -> None:
    rule = {
        "rule": "oldSelf.hasValue() ? self.a >= oldSelf.value().a : self.a == 0",
        "optionalOldSelf": True,
    }
    await api.post(CRD, ruled([rule], a=NUMBER))
    assert (await api.post(GADGETS, gadget(a=1))).status == 422
    assert (await api.post(GADGETS, gadget(a=0))).status == 201
    assert (await api.merge(f"{GADGETS}/g", {"spec": {"a": 2}})).status == 200
    assert (await api.merge(f"{GADGETS}/g", {"spec": {"a": 1}})).status == 422

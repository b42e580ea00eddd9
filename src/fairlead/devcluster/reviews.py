"""Reviews: questions about identity and permissions; answered and never stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from fairlead.devcluster import errors as err
from fairlead.devcluster.accepting import decode_object
from fairlead.devcluster.authentication import AUDIENCE
from fairlead.devcluster.errors import ApiError, FieldError, bad_request
from fairlead.devcluster.identity import User
from fairlead.devcluster.jsontypes import NO_FIELDS, NO_ITEMS, JsonObject
from fairlead.devcluster.metadata import timestamp
from fairlead.devcluster.rbac import Attributes
from fairlead.devcluster.representation import body_response
from fairlead.devcluster.request import Request
from fairlead.devcluster.responses import Response
from fairlead.devcluster.state import State
from fairlead.devcluster.target import Target

Review: TypeAlias = "Callable[[State, Request, JsonObject], JsonObject]"


def answer_review(target: Target, raw: bytes, content_type: str) -> Response:
    """Answer POST of a review."""
    body = decode_object(target, raw, content_type)
    spec = body.get("spec") or NO_FIELDS
    metadata = body["metadata"]
    metadata.pop("managedFields", None)
    metadata.setdefault("creationTimestamp", None)
    if target.resource.namespaced:
        place = metadata.setdefault("namespace", target.request.namespace)
        if place != target.request.namespace:
            raise bad_request(
                "the namespace of the provided object does not match the namespace sent on the request"
            )
    status = _REVIEWS[target.resource.kind](target.state, target.request, spec)
    if target.resource.kind == "SelfSubjectReview":
        metadata["creationTimestamp"] = timestamp(target.state.clock())
        body.pop("spec", None)
    else:
        body["spec"] = spec if target.resource.kind != "SelfSubjectRulesReview" else {}
    body["status"] = status
    return body_response(target, body, 201)


def _self_subject(_state: State, request: Request, _spec: JsonObject) -> JsonObject:
    return {"userInfo": request.user.info()}


def _token(state: State, _request: Request, spec: JsonObject) -> JsonObject:
    user = state.authenticator.find_user(spec.get("token") or "")
    wanted = spec.get("audiences") or [AUDIENCE]
    if user is None or AUDIENCE not in wanted:
        return {"user": {}, "error": "invalid bearer token"}
    return {"authenticated": True, "user": user.info(), "audiences": [AUDIENCE]}


def _self_access(state: State, request: Request, spec: JsonObject) -> JsonObject:
    return _decide(state, request.user, _attributes(spec))


def _subject_access(state: State, _request: Request, spec: JsonObject) -> JsonObject:
    wanted = _attributes(spec)
    if not spec.get("user") and not spec.get("groups"):
        raise _invalid(
            [
                err.invalid_value(
                    "spec.user", '""', "at least one of user or group must be specified"
                )
            ]
        )
    user = User(
        spec.get("user") or "",
        tuple(spec.get("groups") or NO_ITEMS),
        spec.get("uid") or "",
    )
    return _decide(state, user, wanted)


def _local_access(state: State, request: Request, spec: JsonObject) -> JsonObject:
    place = (spec.get("resourceAttributes") or NO_FIELDS).get("namespace", "")
    if "nonResourceAttributes" in spec:
        raise _invalid(
            [
                err.invalid_value(
                    "spec.nonResourceAttributes",
                    '"..."',
                    "disallowed on this kind of request",
                )
            ]
        )
    if place != request.namespace:
        raise _invalid(
            [
                err.invalid_value(
                    "spec.resourceAttributes.namespace",
                    f'"{place}"',
                    "must match metadata.namespace",
                )
            ]
        )
    return _subject_access(state, request, spec)


def _attributes(spec: JsonObject) -> Attributes:
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if (resource is None) == (path is None):
        shown = '"null"' if resource is None else '"..."'
        raise _invalid(
            [
                err.invalid_value(
                    "spec.resourceAttributes",
                    shown,
                    "exactly one of nonResourceAttributes or resourceAttributes must be specified",
                )
            ]
        )
    if path is not None:
        return Attributes(path.get("verb", ""), path=path.get("path", ""))
    found = resource or NO_FIELDS
    return Attributes(
        found.get("verb", ""),
        found.get("group", ""),
        found.get("resource", ""),
        found.get("subresource", ""),
        found.get("namespace", ""),
        found.get("name", ""),
    )


def _decide(state: State, user: User, wanted: Attributes) -> JsonObject:
    allowed, reason = state.authorizer.decide(user, wanted)
    found: JsonObject = {"allowed": allowed}
    if reason:
        found["reason"] = reason
    return found


def _invalid(problems: list[FieldError]) -> ApiError:
    return err.invalid("authorization.k8s.io", "", "", problems)


def _rules(state: State, request: Request, spec: JsonObject) -> JsonObject:
    namespace = spec.get("namespace") or ""
    if not namespace:
        raise bad_request("no namespace on request")
    if request.user.is_master:
        grants = [
            {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
            {"verbs": ["*"], "nonResourceURLs": ["*"]},
        ]
    else:
        grants = [
            grant.rule for grant in state.authorizer.grants(request.user, namespace)
        ]
    unique: list[JsonObject] = []
    for rule in grants:
        if rule not in unique:
            unique.append(rule)
    return {
        "resourceRules": [rule for rule in unique if rule.get("resources")],
        "nonResourceRules": [rule for rule in unique if rule.get("nonResourceURLs")],
        "incomplete": False,
    }


_REVIEWS: dict[str, Review] = {
    "SelfSubjectReview": _self_subject,
    "TokenReview": _token,
    "SelfSubjectAccessReview": _self_access,
    "SelfSubjectRulesReview": _rules,
    "SubjectAccessReview": _subject_access,
    "LocalSubjectAccessReview": _local_access,
}

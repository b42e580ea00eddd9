"""API errors: everything a client may be told, in the shape of a Kubernetes Status."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fairlead.devcluster.jsontypes import NO_FIELDS, JsonObject


class DevClusterError(Exception):
    """Root of the dev cluster's own exceptions."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One invalid field of an object: the unit of a 422 answer."""

    field: str
    reason: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"

    def cause(self) -> JsonObject:
        """Return the entry of `details.causes`."""
        return {"reason": self.reason, "message": self.message, "field": self.field}


def required(field: str, detail: str = "") -> FieldError:
    """A field that must be set is not."""
    text = f"Required value: {detail}" if detail else "Required value"
    return FieldError(field, "FieldValueRequired", text)


def invalid_value(field: str, shown: str, detail: str) -> FieldError:
    """A value breaks a rule; `shown` is the value as the message prints it."""
    return FieldError(field, "FieldValueInvalid", f"Invalid value: {shown}: {detail}")


def type_invalid(field: str, shown: str, detail: str) -> FieldError:
    """A value has the wrong type or format."""
    return FieldError(
        field, "FieldValueTypeInvalid", f"Invalid value: {shown}: {detail}"
    )


def not_supported(field: str, shown: str, supported: Iterable[str]) -> FieldError:
    """A value is not one of an enumeration."""
    text = ", ".join(supported)
    return FieldError(
        field,
        "FieldValueNotSupported",
        f"Unsupported value: {shown}: supported values: {text}",
    )


def forbidden_field(field: str, detail: str) -> FieldError:
    """A field may not be set, or not in this way."""
    return FieldError(field, "FieldValueForbidden", f"Forbidden: {detail}")


def too_long(field: str, limit: int) -> FieldError:
    """A value has more bytes than allowed."""
    return FieldError(
        field,
        "FieldValueTooLong",
        f"Too long: may not be more than {limit} bytes",
    )


def duplicate(field: str, shown: str) -> FieldError:
    """A list holds the same key twice."""
    return FieldError(field, "FieldValueDuplicate", f"Duplicate value: {shown}")


class ApiError(DevClusterError):
    """An answer other than success, as a Status object with an HTTP code."""

    def __init__(  # noqa: PLR0913 - the parts of a Status
        self,
        code: int,
        reason: str,
        message: str,
        details: JsonObject | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        metadata: JsonObject | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.headers = dict(headers or NO_FIELDS)
        self.metadata = metadata or NO_FIELDS

    def status(self) -> JsonObject:
        """Return the Status object of this error."""
        body: JsonObject = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.metadata,
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
        }
        if self.details is not None:
            body["details"] = self.details
        body["code"] = self.code
        return body


class PlainError(DevClusterError):
    """An answer in plain text, as Kubernetes gives for paths that it does not serve."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class Subject:
    """The resource an error speaks of: group and plural, as messages name it."""

    group: str
    plural: str

    def __str__(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def details(self, name: str = "", **more: object) -> JsonObject:
        """Return the `details` object; empty keys are left out."""
        found = {"name": name, "group": self.group, "kind": self.plural, **more}
        return {key: value for key, value in found.items() if value}


def bad_request(message: str) -> ApiError:
    """400."""
    return ApiError(400, "BadRequest", message)


def unauthorized() -> ApiError:
    """401."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def forbidden(subject: Subject, name: str, message: str) -> ApiError:
    """403 for a resource."""
    shown = f'{subject} "{name}"' if name else str(subject)
    return ApiError(
        403,
        "Forbidden",
        f"{shown} is forbidden: {message}",
        subject.details(name),
        headers={"x-content-type-options": "nosniff"},
    )


def not_found(subject: Subject, name: str) -> ApiError:
    """404 for an object."""
    return ApiError(
        404, "NotFound", f'{subject} "{name}" not found', subject.details(name)
    )


def unknown_resource() -> ApiError:
    """404 for a resource that the group does not have."""
    return ApiError(
        404, "NotFound", "the server could not find the requested resource", {}
    )


def method_not_allowed() -> ApiError:
    """405."""
    return ApiError(
        405,
        "MethodNotAllowed",
        "the server does not allow this method on the requested resource",
        {},
    )


def already_exists(subject: Subject, name: str) -> ApiError:
    """409 on create."""
    return ApiError(
        409,
        "AlreadyExists",
        f'{subject} "{name}" already exists',
        subject.details(name),
    )


def conflict(subject: Subject, name: str, message: str = "") -> ApiError:
    """409 on update."""
    text = message or (
        "the object has been modified; please apply your changes to the latest "
        "version and try again"
    )
    return ApiError(
        409,
        "Conflict",
        f'Operation cannot be fulfilled on {subject} "{name}": {text}',
        subject.details(name),
    )


def expired(message: str, metadata: JsonObject | None = None) -> ApiError:
    """410: the version asked for is no longer kept."""
    return ApiError(410, "Expired", message, metadata=metadata)


def unsupported_media_type(accepted: Iterable[str]) -> ApiError:
    """415."""
    return ApiError(
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types "
        f"include: {', '.join(accepted)}",
    )


def invalid(group: str, kind: str, name: str, errors: list[FieldError]) -> ApiError:
    """422 with every field error at once."""
    shown = [str(error) for error in errors]
    text = shown[0] if len(shown) == 1 else f"[{', '.join(shown)}]"
    qualified = f"{kind}.{group}" if group else kind
    found = {"name": name, "group": group, "kind": kind}
    details: JsonObject = {key: value for key, value in found.items() if value}
    details["causes"] = [error.cause() for error in errors]
    return ApiError(422, "Invalid", f'{qualified} "{name}" is invalid: {text}', details)


def timed_out() -> ApiError:
    """504: the answer took longer than the client, or the server, allows."""
    return ApiError(
        504,
        "Timeout",
        "Timeout: request did not complete within the allotted timeout",
        {},
    )


def future_version(asked: int, current: int) -> ApiError:
    """504: the client has seen a version that this server has not reached."""
    return ApiError(
        504,
        "Timeout",
        f"Timeout: Too large resource version: {asked}, current: {current}",
        {
            "causes": [
                {
                    "reason": "ResourceVersionTooLarge",
                    "message": "Too large resource version",
                }
            ],
            "retryAfterSeconds": 1,
        },
        headers={"retry-after": "1"},
    )

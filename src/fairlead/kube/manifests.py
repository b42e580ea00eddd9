"""Applying YAML: server-side apply, with a result for each document.

class App(Router[Context]):
    manifests: Manifests
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated, Literal, cast

import msgspec
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel

from fairlead.access import Authorizer, ResourceAttributes, authenticated
from fairlead.access.audit import Subject, note_allowed, note_denied
from fairlead.errors import TRPCError
from fairlead.kube.cluster import Kube, KubeContext
from fairlead.kube.discovery import ServedKind
from fairlead.kube.documents import Document, read_documents
from fairlead.kube.errors import (
    KubeForbiddenError,
    KubeNotFoundError,
    KubeStatusError,
)
from fairlead.procedure import mutation
from fairlead.router import Router

__all__ = ["AppliedDocument", "DocumentProblem", "Manifests"]

MAX_TEXT = 1_000_000
MAX_DOCUMENTS = 100
FIELD_MANAGER = "fairlead-apply"
KIND_ATTEMPTS = 40
KIND_SECONDS = 0.25

Outcome = Literal["created", "configured", "unchanged", "failed"]


class DocumentProblem(BaseModel):
    """Why a document was refused, at one field.

    Attributes:
        line: in the whole text, from 1.
    """

    field: str
    message: str
    line: int


class AppliedDocument(BaseModel):
    """What became of one document.

    Attributes:
        line: where it begins in the text, from 1.
        message: why it failed; empty otherwise.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    line: int
    api_version: str
    kind: str
    name: str
    namespace: str | None
    outcome: Outcome
    message: str = ""
    problems: list[DocumentProblem] = []


_NOT_APPLIED = ("managedFields", "resourceVersion", "generation")
"""What of an object's metadata tells that it was written, not what was written."""


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a document goes."""

    document: Document
    served: ServedKind
    name: str
    namespace: str | None


class _Refused(Exception):  # noqa: N818  a way out, not an error of the program
    """A document that is not sent."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class Manifests(Router[KubeContext]):
    """YAML as `kubectl apply --server-side` takes it."""

    @mutation(access=authenticated)
    async def apply_yaml(
        self,
        text: Annotated[str, Field(max_length=MAX_TEXT)],
        namespace: str | None = None,
        dry_run: bool = False,
        force: bool = False,
    ) -> list[AppliedDocument]:
        """Applies documents in their order, each as far as the caller may.

        One that fails does not stop the others. `namespace` is for namespaced objects that name
        none; `force` takes over fields that others manage; `dryRun` changes nothing.
        """
        # A large text takes seconds, in which others are answered.
        documents = await asyncio.to_thread(read_documents, text, limit=MAX_DOCUMENTS)
        if not documents:
            raise TRPCError("BAD_REQUEST", "There is no document to apply")
        defined: set[tuple[str, str]] = set()
        applied: list[AppliedDocument] = []
        for document in documents:
            await self._wait_for_kind(document, defined)
            result = await self._apply_one(
                document, namespace, dry_run=dry_run, force=force
            )
            if result.outcome != "failed" and not dry_run:
                defined.update(_find_defined(document))
            applied.append(result)
        return applied

    async def _apply_one(
        self,
        document: Document,
        namespace: str | None,
        *,
        dry_run: bool,
        force: bool,
    ) -> AppliedDocument:
        place = namespace
        try:
            target = await self._find_target(document, namespace)
            place = target.namespace
            await self._check_right(target, "patch")
            before = await self._find_object(target)
            if before is None:
                await self._check_right(target, "create")
            body = await self.ctx.kube.raw.apply(
                target.served.info,
                target.name,
                target.namespace,
                _with_namespace(target),
                field_manager=FIELD_MANAGER,
                force=force,
                dry_run=dry_run,
            )
        except _Refused as refused:
            return _fail(document, place, str(refused), [(refused.field, str(refused))])
        except KubeStatusError as error:
            causes = [(cause.field, cause.message) for cause in error.causes]
            return _fail(document, place, error.message, causes)
        except TRPCError as error:
            return _fail(document, place, error.message, [])
        outcome: Outcome = "configured"
        if before is None:
            outcome = "created"
        elif before and _read_content(body) == _read_content(before):
            outcome = "unchanged"
        return _describe(document, target.namespace, outcome)

    async def _find_target(self, document: Document, default: str | None) -> _Target:
        api_version = _read_text(document, "apiVersion")
        kind = _read_text(document, "kind")
        discovery = self.ctx.request.services.get(Kube).discovery
        served = await discovery.find_by_kind(api_version, kind)
        if served is None:
            raise _Refused(f"The cluster serves no {kind} of {api_version}", "kind")
        name, own = _read_place(document)
        if not name:
            raise _Refused(
                "metadata.name is missing: apply needs to know it", "metadata"
            )
        place = own or default or self.ctx.kube.default_namespace
        if served.namespaced and place is None:
            raise _Refused(
                f"{kind} is namespaced: set metadata.namespace, or choose a namespace",
                "metadata",
            )
        if not served.namespaced and own:
            raise _Refused(f"{kind} is cluster-scoped", "metadata.namespace")
        return _Target(document, served, name, place if served.namespaced else None)

    async def _wait_for_kind(
        self, document: Document, defined: set[tuple[str, str]]
    ) -> None:
        """A cluster takes a moment to serve a kind that the same text has just defined."""
        api_version, kind = (
            str(document.value.get(key)) for key in ("apiVersion", "kind")
        )
        if (api_version.rpartition("/")[0], kind) not in defined:
            return
        discovery = self.ctx.request.services.get(Kube).discovery
        for _ in range(KIND_ATTEMPTS):
            if await discovery.find_by_kind(api_version, kind) is not None:
                return
            await asyncio.sleep(KIND_SECONDS)
        # It does not come, so that no further document waits for it.
        defined.discard((api_version.rpartition("/")[0], kind))

    async def _find_object(self, target: _Target) -> bytes | None:
        raw = self.ctx.kube.raw
        try:
            return await raw.get(target.served.info, target.name, target.namespace)
        except KubeNotFoundError:
            return None
        except KubeForbiddenError:
            return b""  # who may write but not read learns less

    async def _check_right(self, target: _Target, verb: str) -> None:
        """Asks before it writes: with the server's identity the cluster itself would not."""
        request = self.ctx.request
        authorizer = request.services.get(Authorizer)  # type: ignore[type-abstract]
        right = ResourceAttributes.of(
            target.served.info, verb, namespace=target.namespace, name=target.name
        )
        decision = await authorizer.review(request, right)
        subject = Subject(request, self.call.path, self.call.kind, {})
        if not decision.allowed:
            error = TRPCError("FORBIDDEN", decision.reason or "You may not do this")
            note_denied(subject, error, right)
            raise _Refused(error.message)
        note_allowed(subject, decision)


def _find_defined(document: Document) -> list[tuple[str, str]]:
    """Group and kind that a document defines, if it is a CustomResourceDefinition."""
    value = document.value
    spec = value.get("spec")
    if value.get("kind") != "CustomResourceDefinition" or not isinstance(spec, dict):
        return []
    names = spec.get("names")
    kind = names.get("kind") if isinstance(names, dict) else None
    return [(str(spec.get("group")), str(kind))]


def _read_text(document: Document, field: str) -> str:
    value = document.value.get(field)
    if not isinstance(value, str) or not value:
        raise _Refused(f"{field} is missing: every document needs one", field)
    return value


def _read_place(document: Document) -> tuple[str, str | None]:
    """Name and namespace that a document says."""
    metadata = document.value.get("metadata")
    if not isinstance(metadata, dict):
        raise _Refused("metadata is missing: an object needs metadata.name", "metadata")
    name, namespace = (
        _read_word(metadata.get(field), f"metadata.{field}")
        for field in ("name", "namespace")
    )
    return name, namespace or None


def _read_word(value: JsonValue, field: str) -> str:
    if value is not None and not isinstance(value, str):
        raise _Refused(f"{field} must be text: put it in quotes", field)
    return value or ""


def _with_namespace(target: _Target) -> dict[str, object]:
    """The object to send: of where it goes, without what no applier may set."""
    value = target.document.value
    metadata = dict(value["metadata"]) if isinstance(value["metadata"], dict) else {}
    metadata.pop("managedFields", None)
    if target.namespace is not None:
        metadata["namespace"] = target.namespace
    return {**value, "metadata": metadata}


def _read_content(body: bytes) -> dict[str, JsonValue]:
    """An object without what each write changes: a dry run leaves its version as it is."""
    value = cast("dict[str, JsonValue]", msgspec.json.decode(body))
    metadata = value.get("metadata")
    if isinstance(metadata, dict):
        for field in _NOT_APPLIED:
            metadata.pop(field, None)
    return value


def _fail(
    document: Document,
    namespace: str | None,
    message: str,
    causes: list[tuple[str, str]],
) -> AppliedDocument:
    problems = [
        DocumentProblem(field=field, message=text, line=document.find_line(field))
        for field, text in causes
        if field
    ]
    described = _describe(document, namespace, "failed")
    return described.model_copy(update={"message": message, "problems": problems})


def _describe(
    document: Document, namespace: str | None, outcome: Outcome
) -> AppliedDocument:
    value = document.value
    metadata = value.get("metadata")
    known = metadata if isinstance(metadata, dict) else {}
    return AppliedDocument(
        line=document.line,
        api_version=str(value.get("apiVersion") or ""),
        kind=str(value.get("kind") or ""),
        name=str(known.get("name") or ""),
        namespace=str(known["namespace"]) if known.get("namespace") else namespace,
        outcome=outcome,
    )

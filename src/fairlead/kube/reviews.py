"""Rights, as the cluster itself sees them: access reviews, remembered for seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass

import msgspec

from fairlead.access import Decision, ResourceAttributes
from fairlead.context import Request, User
from fairlead.errors import TRPCError
from fairlead.kube.client import KubeClient, KubeRequest
from fairlead.kube.credentials import Credentials
from fairlead.kube.errors import KubeProtocolError
from fairlead.kube.identity import Identity, choose_credentials

__all__ = ["ClusterAuthorizer", "ReviewOptions"]

_ROOT = "/apis/authorization.k8s.io/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewOptions:
    """How long and how many answers are remembered."""

    seconds: float = 5.0
    entries: int = 10_000


class _ReviewStatus(msgspec.Struct):
    allowed: bool
    denied: bool = False
    reason: str = ""


class _Review(msgspec.Struct):
    status: _ReviewStatus


_review_decoder = msgspec.json.Decoder(_Review)


class ClusterAuthorizer:
    """Asks the cluster: about the user himself, or, as the server, about the user."""

    def __init__(
        self,
        client: KubeClient,
        identity: Identity,
        options: ReviewOptions | None = None,
    ) -> None:
        self._client = client
        self._identity: Identity = identity
        self._options = options or ReviewOptions()
        self._answers: dict[Hashable, tuple[float, asyncio.Task[Decision]]] = {}

    async def review(
        self, request: Request, attributes: ResourceAttributes
    ) -> Decision:
        """May the user of this request do it?

        Raises:
            KubeError: the cluster did not answer.
        """
        if request.user is None:
            return Decision(allowed=False, reason="Sign in first", needs_user=True)
        credentials, about = self._choose(request, request.user)
        return await self._remember(credentials, about, attributes)

    def find_answer(
        self, request: Request, attributes: ResourceAttributes
    ) -> Decision | None:
        """What was answered a moment ago; None when it would have to be asked."""
        if request.user is None:
            return None
        credentials, about = self._choose(request, request.user)
        _, task = self._answers.get(_get_key(credentials, about, attributes), (0, None))
        if task is None or not task.done() or _has_failed(task):
            return None
        return task.result()

    def _choose(self, request: Request, user: User) -> tuple[Credentials, User | None]:
        """As whom to ask, and about whom if not about oneself."""
        server = self._client.server_credentials
        credentials = choose_credentials(self._identity, request, user, server)
        return credentials, user if self._identity == "service" else None

    async def _remember(
        self,
        credentials: Credentials,
        about: User | None,
        attributes: ResourceAttributes,
    ) -> Decision:
        loop = asyncio.get_running_loop()
        key = _get_key(credentials, about, attributes)
        expires, task = self._answers.get(key, (0.0, None))
        if task is None or expires < loop.time() or _has_failed(task):
            task = loop.create_task(self._ask(credentials, about, attributes))
            self._answers.pop(key, None)
            self._answers[key] = (loop.time() + self._options.seconds, task)
            if len(self._answers) > self._options.entries:
                del self._answers[next(iter(self._answers))]
        # Shielded: others may wait for the same answer when this caller goes away.
        return await asyncio.shield(task)

    async def _ask(
        self,
        credentials: Credentials,
        about: User | None,
        attributes: ResourceAttributes,
    ) -> Decision:
        kind = "SubjectAccessReview" if about else "SelfSubjectAccessReview"
        spec: dict[str, object] = {
            "resourceAttributes": {
                "verb": attributes.verb,
                "group": attributes.group,
                "resource": attributes.plural,
                "subresource": attributes.subresource or "",
                "namespace": attributes.namespace or "",
                "name": attributes.name or "",
            }
        }
        if about:
            spec["user"] = about.name
            spec["groups"] = [*about.groups, "system:authenticated"]
        body = await self._client.send(
            KubeRequest(
                method="POST",
                path=f"{_ROOT}/{kind.lower()}s",
                credentials=credentials,
                body=msgspec.json.encode(
                    {
                        "apiVersion": "authorization.k8s.io/v1",
                        "kind": kind,
                        "spec": spec,
                    }
                ),
            )
        )
        try:
            status = _review_decoder.decode(body).status
        except msgspec.DecodeError as error:
            raise KubeProtocolError(
                f"The cluster's access review cannot be read: {error}"
            ) from error
        if status.allowed and not status.denied:
            return Decision(allowed=True)
        return Decision(allowed=False, reason=_explain(attributes, status.reason))


def _get_key(
    credentials: Credentials, about: User | None, attributes: ResourceAttributes
) -> Hashable:
    who: Hashable = (about.name, about.groups) if about else credentials.key
    return (who, attributes)


def _has_failed(task: asyncio.Task[Decision]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def _explain(attributes: ResourceAttributes, reason: str) -> str:
    """A denial in words that an administrator can act on."""
    what = attributes.plural + (
        f"/{attributes.subresource}" if attributes.subresource else ""
    )
    if attributes.group:
        what = f"{what}.{attributes.group}"
    where = (
        f"in namespace {attributes.namespace}"
        if attributes.namespace
        else "in all namespaces"
    )
    name = f" {attributes.name!r}" if attributes.name else ""
    told = f" ({reason})" if reason else ""
    return f"You may not {attributes.verb} {what}{name} {where}{told}"


def raise_denied(decision: Decision) -> None:
    """Turns a denial into the call's error.

    Raises:
        TRPCError: UNAUTHORIZED without a user, else FORBIDDEN.
    """
    if not decision.allowed:
        raise TRPCError(
            "UNAUTHORIZED" if decision.needs_user else "FORBIDDEN", decision.reason
        )

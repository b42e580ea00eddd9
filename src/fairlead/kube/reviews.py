"""Rights, as the cluster itself sees them: reviews, remembered for seconds.

One SelfSubjectRulesReview tells all that a user may do in a namespace, so a page's every
button costs one round trip. Where the cluster says that its rules are incomplete (a webhook
decides too), and where the server asks about a user instead of as the user, each right is asked
for by an access review.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from fairlead.access import Decision, ResourceAttributes
from fairlead.access.explaining import Contact, explain_denial
from fairlead.context import Request, User
from fairlead.kube.client import REVIEWS, KubeClient, KubeRequest
from fairlead.kube.credentials import Credentials
from fairlead.kube.errors import KubeProtocolError, KubeStatusError
from fairlead.kube.identity import Identity, choose_credentials
from fairlead.kube.rbac_changes import RbacChanges
from fairlead.kube.remembering import Memory
from fairlead.kube.rules import EVERYWHERE, RuleSet, decode_rules

__all__ = ["ClusterAuthorizer", "ReviewOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewOptions:
    """How long and how many answers are remembered, and how changes are noticed.

    Attributes:
        seconds: how long an answer is used; a 403 of the cluster ends that at once.
        entries: how many answers are kept.
        poll_seconds: between two looks at rights that somebody follows, where the server may
            not watch roles and bindings.
        quiet_seconds: the same where it may, and is told of changes.
        contact: who can grant rights; named in denials.
    """

    seconds: float = 5.0
    entries: int = 10_000
    poll_seconds: float = 3.0
    quiet_seconds: float = 60.0
    contact: Contact | None = None


class _ReviewStatus(msgspec.Struct):
    allowed: bool
    denied: bool = False
    reason: str = ""


class _Review(msgspec.Struct):
    status: _ReviewStatus


_review_decoder = msgspec.json.Decoder(_Review)


class ClusterAuthorizer:
    """Asks the cluster: about the user himself, or, as the server, about the user.

    Attributes:
        default_namespace: where operations go whose input names no namespace.
        round_trips: how many reviews the cluster was asked for, for metrics and tests.
    """

    def __init__(
        self,
        client: KubeClient,
        identity: Identity,
        options: ReviewOptions | None = None,
        *,
        default_namespace: str | None = None,
        changes: RbacChanges | None = None,
    ) -> None:
        self._client = client
        self._identity: Identity = identity
        self._options = options or ReviewOptions()
        self._rules = Memory[RuleSet](self._options.entries)
        self._answers = Memory[Decision](self._options.entries)
        self._listeners: dict[object, tuple[Hashable, Callable[[], None]]] = {}
        self._changes = changes
        self.default_namespace = default_namespace
        self.round_trips = 0
        client.on_forbidden.append(self._forget)

    @property
    def poll_seconds(self) -> float:
        """Seldom while the server hears of changes itself."""
        watching = self._changes is not None and self._changes.watching
        return self._options.quiet_seconds if watching else self._options.poll_seconds

    async def review(
        self, request: Request, attributes: ResourceAttributes
    ) -> Decision:
        """May the user of this request do it?

        Raises:
            KubeError: the cluster did not answer.
        """
        return await self._review(request, attributes, self._options.seconds)

    async def review_many(
        self,
        request: Request,
        attributes: Sequence[ResourceAttributes],
        *,
        max_age: float | None = None,
    ) -> list[Decision]:
        """The same for many rights: one round trip for each namespace among them."""
        seconds = self._options.seconds
        if max_age is not None:
            seconds = min(seconds, max_age)
        reviews = (self._review(request, each, seconds) for each in attributes)
        return list(await asyncio.gather(*reviews))

    def find_answer(
        self, request: Request, attributes: ResourceAttributes
    ) -> Decision | None:
        """What was answered a moment ago; None when it would have to be asked."""
        if request.user is None:
            return None
        credentials, about = self._choose(request, request.user)
        who = _get_key(credentials, about)
        rules = self._rules.find(who, attributes.namespace or EVERYWHERE)
        allowed = rules.find_allowed(attributes) if rules is not None else None
        return allowed or self._answers.find(who, attributes)

    def on_change(
        self, request: Request, wake: Callable[[], None]
    ) -> Callable[[], None]:
        """Tells of changes of roles and bindings, and of refusals by the cluster."""
        if request.user is None:
            return lambda: None
        token = object()
        who = _get_key(*self._choose(request, request.user))
        if self._changes is not None and not self._listeners:
            self._changes.start(self._forget_all)
        self._listeners[token] = (who, wake)

        def stop() -> None:
            self._listeners.pop(token, None)
            if self._changes is not None and not self._listeners:
                self._changes.stop()

        return stop

    def close(self) -> None:
        """Stops listening to the cluster."""
        self._listeners.clear()
        if self._changes is not None:
            self._changes.stop()

    def _forget(self, who: Hashable) -> None:
        """The cluster refused something: what is remembered of that user may be wrong."""
        self._rules.forget(who)
        self._answers.forget(who)
        for key, wake in list(self._listeners.values()):
            if key == who:
                wake()

    def _forget_all(self) -> None:
        self._rules.clear()
        self._answers.clear()
        for _, wake in list(self._listeners.values()):
            wake()

    def _choose(self, request: Request, user: User) -> tuple[Credentials, User | None]:
        """As whom to ask, and about whom if not about oneself."""
        server = self._client.server_credentials
        credentials = choose_credentials(self._identity, request, user, server)
        return credentials, user if self._identity == "service" else None

    async def _review(
        self, request: Request, attributes: ResourceAttributes, seconds: float
    ) -> Decision:
        if request.user is None:
            return Decision(allowed=False, reason="Sign in first", needs_user=True)
        credentials, about = self._choose(request, request.user)
        who = _get_key(credentials, about)
        if about is None:
            place = attributes.namespace or EVERYWHERE
            rules = await self._rules.get(
                who, place, seconds, lambda: self._ask_rules(credentials, place)
            )
            allowed = rules.find_allowed(attributes)
            if allowed is not None:
                return allowed
            if rules.complete:
                reason = explain_denial(attributes, self._options.contact)
                return Decision(allowed=False, reason=reason, right=attributes)
        return await self._answers.get(
            who, attributes, seconds, lambda: self._ask(credentials, about, attributes)
        )

    async def _ask_rules(self, credentials: Credentials, namespace: str) -> RuleSet:
        spec = {"namespace": namespace}
        try:
            body = await self._post(credentials, "SelfSubjectRulesReview", spec)
            return decode_rules(body)
        except KubeStatusError:
            # A cluster may refuse this review and still answer the other.
            return RuleSet((), complete=False)
        except msgspec.DecodeError as error:
            raise _unreadable(error) from error

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
        try:
            status = _review_decoder.decode(
                await self._post(credentials, kind, spec)
            ).status
        except msgspec.DecodeError as error:
            raise _unreadable(error) from error
        if status.allowed and not status.denied:
            return Decision(allowed=True, right=attributes)
        reason = explain_denial(attributes, self._options.contact, status.reason)
        return Decision(allowed=False, reason=reason, right=attributes)

    async def _post(
        self, credentials: Credentials, kind: str, spec: Mapping[str, object]
    ) -> bytes:
        self.round_trips += 1
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}
        return await self._client.send(
            KubeRequest(
                method="POST",
                path=f"{REVIEWS}/{kind.lower()}s",
                credentials=credentials,
                body=msgspec.json.encode(body),
            )
        )


def _get_key(credentials: Credentials, about: User | None) -> Hashable:
    return (about.name, about.groups) if about else credentials.key


def _unreadable(error: msgspec.DecodeError) -> KubeProtocolError:
    return KubeProtocolError(f"The cluster's access review cannot be read: {error}")

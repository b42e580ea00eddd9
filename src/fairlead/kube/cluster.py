"""`Kube`: a cluster as part of an application."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Self, TypedDict, Unpack

from prometheus_client.registry import Collector

from fairlead.access import Authorizer
from fairlead.auth.tokens import TokenReviewer
from fairlead.context import Context, Request, User, UserContext, get_user
from fairlead.kube.change_rules import ChangeRule, WriteGuard
from fairlead.kube.client import ClientOptions, KubeClient
from fairlead.kube.credentials import Credentials
from fairlead.kube.discovery import Discovery
from fairlead.kube.feed_metrics import FeedMetrics
from fairlead.kube.hub import FeedHealth, Hub, HubOptions
from fairlead.kube.identity import Identity, choose_credentials
from fairlead.kube.kubeconfig import ClusterConfig, load_from_env, load_kubeconfig
from fairlead.kube.protection import Protection
from fairlead.kube.rbac_changes import RbacChanges
from fairlead.kube.resource import Resource
from fairlead.kube.reviews import ClusterAuthorizer, ReviewOptions
from fairlead.kube.terminals import TerminalOptions, Terminals
from fairlead.kube.token_reviews import ClusterTokenReviewer
from fairlead.kube.user_kube import UserKube

__all__ = ["Kube", "KubeContext", "KubeKeywords", "KubeOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KubeOptions:
    """How a cluster is used.

    Attributes:
        identity: as whom users' requests are made.
        default_namespace: for namespaced objects where a call names none.
        namespaces: where users without rights in all namespaces are looked for; by default
            those that they or the server may list.
        protection: what a label protects objects from, whatever users' rights are.
        rules: what users may make of objects, whatever their rights are.
        recheck_seconds: how long an open watch may outlive the right to it.
    """

    identity: Identity = "user"
    default_namespace: str | None = None
    namespaces: tuple[str, ...] | None = None
    protection: Protection | None = None
    rules: Sequence[ChangeRule[Resource]] = ()
    recheck_seconds: float = 30.0
    client: ClientOptions = field(default_factory=ClientOptions)
    hub: HubOptions = field(default_factory=HubOptions)
    reviews: ReviewOptions = field(default_factory=ReviewOptions)
    terminals: TerminalOptions = field(default_factory=TerminalOptions)


class KubeKeywords(TypedDict, total=False):
    """`KubeOptions` as keyword arguments."""

    identity: Identity
    default_namespace: str | None
    namespaces: tuple[str, ...] | None
    protection: Protection | None
    rules: Sequence[ChangeRule[Resource]]
    recheck_seconds: float
    client: ClientOptions
    hub: HubOptions
    reviews: ReviewOptions
    terminals: TerminalOptions


class Kube:
    """A cluster: its client, its live hub, and its answers about rights.

        app = Fairlead(App, kube=Kube.from_env(identity="impersonate"))

    The configuration is read when the cluster is first used, so that an application can be
    imported (by the generator, by tests) where there is no cluster.
    """

    def __init__(
        self,
        config: ClusterConfig | Callable[[], ClusterConfig],
        **options: Unpack[KubeKeywords],
    ) -> None:
        self._config = config
        self.options = KubeOptions(**options)

    @classmethod
    def from_env(
        cls, context: str | None = None, **options: Unpack[KubeKeywords]
    ) -> Self:
        """The cluster that `kubectl` would use here: KUBECONFIG, else the pod's own.

        Args:
            context: another one than the current context of the kubeconfig.
        """
        return cls(partial(load_from_env, context=context), **options)

    @classmethod
    def from_kubeconfig(
        cls,
        path: str | Path,
        context: str | None = None,
        **options: Unpack[KubeKeywords],
    ) -> Self:
        """One context of a kubeconfig file; the current one by default."""
        return cls(partial(load_kubeconfig, [Path(path)], context), **options)

    @cached_property
    def client(self) -> KubeClient:
        """HTTP to the cluster.

        Raises:
            KubeConfigError: the configuration cannot be used.
        """
        config = self._config() if callable(self._config) else self._config
        return KubeClient(config, self.options.client)

    @cached_property
    def hub(self) -> Hub:
        """Live views of the cluster."""
        return Hub(self.client, self.options.hub)

    @cached_property
    def discovery(self) -> Discovery:
        """The kinds that the cluster serves."""
        return Discovery(self.client)

    @cached_property
    def terminals(self) -> Terminals:
        """The commands that run in containers through this process."""
        return Terminals(self.options.terminals)

    @cached_property
    def _rights_hub(self) -> Hub:
        """Roles and bindings as the server sees them: apart from what users look at."""
        return Hub(self.client)

    @cached_property
    def authorizer(self) -> ClusterAuthorizer:
        """The cluster's own answers about rights."""
        options = self.options
        server = self.client.server_credentials
        return ClusterAuthorizer(
            self.client,
            options.identity,
            options.reviews,
            default_namespace=options.default_namespace,
            changes=RbacChanges(lambda: self._rights_hub, server),
        )

    @property
    def provides(self) -> Mapping[type, Callable[[], object]]:
        """Further services that come with it; made when first asked for."""
        return {
            Authorizer: lambda: self.authorizer,
            Hub: lambda: self.hub,
            TokenReviewer: lambda: ClusterTokenReviewer(self.client),
            Terminals: lambda: self.terminals,
        }

    @property
    def collectors(self) -> tuple[Collector, ...]:
        """What `/metrics` shows of it."""
        return (FeedMetrics(self.get_feeds),)

    def get_feeds(self) -> list[FeedHealth]:
        """The live feeds as they are; none before anybody watched."""
        return self.hub.get_health() if "hub" in self.__dict__ else []

    async def __aenter__(self) -> Self:
        _ = self.client  # a configuration that cannot be used is told at start
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Ends all live views and closes the connections."""
        self.authorizer.close()
        await self.terminals.aclose()
        await self.hub.aclose()
        await self._rights_hub.aclose()
        await self.client.aclose()

    def acting_for(self, request: Request, user: User) -> UserKube:
        """The cluster with that user's rights.

        Raises:
            TRPCError: FORBIDDEN; there is no way to act as this user.
        """
        protection, rules = self.options.protection, self._rules
        is_guarded = protection is not None or bool(rules)
        if self.options.identity == "service" and not is_guarded:
            return self._serving_all
        credentials = choose_credentials(
            self.options.identity, request, user, self.client.server_credentials
        )
        kube = self._bind(credentials)
        if not is_guarded:
            return kube
        guard = WriteGuard(user=user, kube=kube, rules=rules, protection=protection)
        return self._bind(credentials, guard)

    def acting_as_server(self) -> UserKube:
        """The cluster with the server's own rights: for background work, not for calls."""
        return self._bind(self.client.server_credentials)

    def _bind(
        self, credentials: Credentials, guard: WriteGuard | None = None
    ) -> UserKube:
        default = self.options.default_namespace
        return UserKube(self.client, self.hub, credentials, default, guard)

    @cached_property
    def _rules(self) -> Mapping[tuple[str, str], Sequence[ChangeRule[Resource]]]:
        """The rules of each kind."""
        found: dict[tuple[str, str], list[ChangeRule[Resource]]] = {}
        for rule in self.options.rules:
            found.setdefault(rule.kind, []).append(rule)
        return found

    @cached_property
    def _serving_all(self) -> UserKube:
        """What all users share where requests are the server's own: it holds nothing of theirs."""
        return self._bind(self.client.server_credentials)


@dataclass(frozen=True, kw_only=True)
class KubeContext(UserContext):
    """A user's context with the cluster as that user sees it."""

    kube: UserKube

    @classmethod
    async def derive(cls, parent: Context) -> Self:
        """Binds the application's cluster to the user."""
        request = parent.request
        user = get_user(request)
        kube = request.services.get(Kube).acting_for(request, user)
        return cls(request=request, user=user, kube=kube)

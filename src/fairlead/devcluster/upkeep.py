"""Upkeep: terminating definitions, aggregated roles, tokens in secrets."""

from __future__ import annotations

import base64

from fairlead.devcluster import crds
from fairlead.devcluster.controller_work import Work
from fairlead.devcluster.deletes import remove
from fairlead.devcluster.jsontypes import NO_FIELDS, NO_ITEMS, JsonObject
from fairlead.devcluster.ownership import Place
from fairlead.devcluster.rbac import GROUP as RBAC
from fairlead.devcluster.storage import Record

CLUSTER_ROLES = f"clusterroles.{RBAC}"


class Upkeep:
    """The small controllers."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def fill_token_secret(self, place: Place) -> None:
        """Put a token into a secret that asks for one."""
        record = self._work.find(place)
        if record is None or b"kubernetes.io/service-account-token" not in record.raw:
            return
        body = record.decode()
        annotations: JsonObject = body["metadata"].setdefault("annotations", {})
        name = annotations.get("kubernetes.io/service-account.name", "")
        account = self._work.state.storage.find(
            "serviceaccounts", record.namespace, name
        )
        if body.get("type") != "kubernetes.io/service-account-token" or account is None:
            return
        uid = account.decode()["metadata"]["uid"]
        annotations["kubernetes.io/service-account.uid"] = uid
        body["metadata"]["annotations"] = annotations
        authenticator = self._work.state.authenticator
        claims = authenticator.service_account_claims(
            record.namespace, name, uid, [], 10 * 365 * 86400
        )
        body["data"] = {
            **(body.get("data") or NO_FIELDS),
            **_token_data(
                self._work.state.ca_pem, record.namespace, authenticator.issue(claims)
            ),
        }
        self._work.state.storage.put(*place, body)

    def delete_instances(self, record: Record) -> None:
        """Delete the objects of a definition that is being deleted."""
        body = record.decode()
        spec = body["spec"]
        resource = self._work.state.registry.find(
            spec["group"], spec["names"]["plural"]
        )
        key = record.name if resource is None else resource.storage_key
        for instance in list(self._work.state.storage.scan(key, None)):
            if resource is not None and not self._work.is_leaving(resource, instance):
                remove(self._work.state, resource, instance, {})
        self.finish_definition(record.name)

    def finish_definition_of(self, key: str) -> None:
        """Go on with a definition when an object of it has gone."""
        if self._work.state.storage.find(crds.KEY, "", key) is not None:
            self.finish_definition(key)

    def finish_definition(self, name: str) -> None:
        """Remove a terminating definition that has no objects any more."""
        place = (crds.KEY, "", name)
        meta, record = self._work.graph.owners.get(place), self._work.find(place)
        if meta is None or record is None or not meta.deletionTimestamp:
            return
        if (
            self._work.state.storage.count(name) == 0
            and crds.CLEANUP in meta.finalizers
        ):
            self._work.drop_finalizer(place, record, crds.CLEANUP)

    def aggregate_roles(self) -> None:
        """Bring the rules of aggregated roles up to date."""
        storage = self._work.state.storage
        bodies = [
            (record, record.decode()) for record in storage.scan(CLUSTER_ROLES, None)
        ]
        for record, body in bodies:
            selectors = (body.get("aggregationRule") or NO_FIELDS).get(
                "clusterRoleSelectors"
            ) or NO_ITEMS
            if not selectors:
                continue
            rules: list[JsonObject] = []
            for other, part in bodies:
                labels = part["metadata"].get("labels") or NO_FIELDS
                if other.name != record.name and any(
                    _matches(selector, labels) for selector in selectors
                ):
                    rules += [
                        rule
                        for rule in part.get("rules") or NO_ITEMS
                        if rule not in rules
                    ]
            if rules != (body.get("rules") or NO_ITEMS):
                body["rules"] = rules
                storage.put(CLUSTER_ROLES, "", record.name, body)


def _matches(selector: JsonObject, labels: JsonObject) -> bool:
    wanted = selector.get("matchLabels") or NO_FIELDS
    return bool(wanted) and all(
        labels.get(key) == value for key, value in wanted.items()
    )


def _token_data(ca: str, namespace: str, token: str) -> JsonObject:
    def encoded(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    return {
        "ca.crt": encoded(ca),
        "namespace": encoded(namespace),
        "token": encoded(token),
    }

"""HTTP to an API server: what is repeated, what is refused, what errors say."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace

import aiohttp
import pytest
from tests.kube.apiserver import ApiServer, Fault, Widget, WidgetSpec

from fairlead import TRPCError
from fairlead.devcluster import DevCluster
from fairlead.kube import (
    DeleteOptions,
    KubeConfigError,
    KubeConflictError,
    KubeError,
    KubeInvalidError,
    KubeNotFoundError,
    KubeStatusError,
    KubeThrottledError,
    KubeTimeoutError,
    KubeUnauthorizedError,
    KubeUnreachableError,
    ObjectMeta,
)
from fairlead.kube.client import ClientOptions, KubeClient, KubeRequest
from fairlead.kube.credentials import Impersonated
from fairlead.kube.errors import make_status_error
from fairlead.kube.kubeconfig import ClusterConfig, ExecPlugin, load_kubeconfig
from fairlead.kube.objects import ListOptions, RawObjects
from fairlead.kube.resource import get_info
from fairlead.kube.urls import get_collection_path, get_object_path

INFO = get_info(Widget)


@pytest.fixture
def objects(client: KubeClient) -> RawObjects:
    return RawObjects(client, client.server_credentials)


def make_widget(name: str = "x") -> Widget:
    return Widget(metadata=ObjectMeta(name=name, namespace="a"), spec=WidgetSpec())


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_read_is_repeated(
    api: ApiServer, objects: RawObjects, status: int
) -> None:
    api.put("x")
    api.faults["get"] += [Fault(status=status)] * 2
    await objects.get(INFO, "x", "a")
    assert api.count("get") == 3


async def test_a_read_is_given_up_after_so_many_attempts(
    api: ApiServer, objects: RawObjects
) -> None:
    api.faults["get"] += [Fault(status=503)] * 9
    with pytest.raises(KubeError, match="planned") as caught:
        await objects.get(INFO, "x", "a")
    assert (caught.value.code, api.count("get")) == ("SERVICE_UNAVAILABLE", 3)


@pytest.mark.parametrize(
    "fault", [Fault(status=503), Fault(status=500), Fault(cut=True)]
)
async def test_a_write_that_may_have_happened_is_not_repeated(
    api: ApiServer, objects: RawObjects, fault: Fault
) -> None:
    api.faults["write"].append(fault)
    with pytest.raises(KubeError):
        await objects.create(make_widget())
    assert api.count("write") == 1


async def test_a_write_is_not_repeated_on_a_connection_used_before(
    api: ApiServer, objects: RawObjects
) -> None:
    # What HTTP calls idempotent is not: what was deleted would be reported as missing, what was
    # replaced as changed by somebody else.
    api.put("x")
    await objects.get(INFO, "x", "a")
    api.faults["write"] += [Fault(cut=True)] * 2
    with pytest.raises(KubeUnreachableError, match="broke off"):
        await objects.delete(INFO, "x", "a")
    await objects.get(INFO, "x", "a")
    changed = make_widget()
    changed.metadata.resource_version = "1"
    with pytest.raises(KubeUnreachableError, match="broke off"):
        await objects.update(changed)
    assert api.count("write") == 2


async def test_a_read_is_repeated_when_its_connection_breaks(
    api: ApiServer, objects: RawObjects
) -> None:
    api.put("x")
    await objects.get(INFO, "x", "a")
    api.faults["get"] += [Fault(cut=True)] * 2
    await objects.get(INFO, "x", "a")


async def test_a_write_that_was_turned_away_is_repeated_when_asked_to(
    api: ApiServer, objects: RawObjects
) -> None:
    api.faults["write"].append(Fault(status=429, headers={"Retry-After": "0"}))
    await objects.create(make_widget())
    assert api.count("write") == 2


async def test_a_long_retry_after_is_reported_and_not_waited_for(
    api: ApiServer, objects: RawObjects
) -> None:
    api.faults["get"].append(Fault(status=429, headers={"Retry-After": "60"}))
    with pytest.raises(KubeThrottledError) as caught:
        await objects.get(INFO, "x", "a")
    assert (caught.value.retry_after, caught.value.code) == (60, "TOO_MANY_REQUESTS")


@pytest.mark.parametrize(
    ("given", "status", "tries"),
    [
        ("Thu, 01 Jan 1970 00:00:00 GMT", 429, 2),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 429, 1),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 503, 1),
        ("Fri, 99 Jan 2100", 429, 1),
        ("inf", 429, 1),
        ("nan", 429, 1),
        ("-1", 429, 2),
    ],
)
async def test_a_write_waits_until_the_date_it_is_asked_to_wait_for(
    api: ApiServer, objects: RawObjects, given: str, status: int, tries: int
) -> None:
    api.faults["write"].append(Fault(status=status, headers={"Retry-After": given}))
    with suppress(KubeStatusError):
        await objects.create(make_widget())
    assert api.count("write") == tries


async def test_connections_are_used_again(api: ApiServer, objects: RawObjects) -> None:
    api.put("x")
    for _ in range(20):
        await objects.get(INFO, "x", "a")
    assert len(api.connections) == 1


@pytest.mark.parametrize(
    "name", ["", "..", "a/b", "a?propagationPolicy=Orphan", "../../x"]
)
async def test_no_request_is_made_for_a_name_that_would_reach_something_else(
    api: ApiServer, objects: RawObjects, name: str
) -> None:
    with pytest.raises(TRPCError, match="is no name"):
        await objects.delete(INFO, name, "a", DeleteOptions())
    with pytest.raises(TRPCError, match="is no name"):
        await objects.patch(INFO, name, "a", {})
    with pytest.raises(TRPCError, match="is no namespace"):
        await objects.list_(INFO, name, ListOptions())
    assert api.requests == []


async def test_updates_and_drafts_without_what_they_need_are_refused(
    api: ApiServer, objects: RawObjects
) -> None:
    with pytest.raises(TRPCError, match="needs metadata"):
        await objects.update(make_widget())
    with pytest.raises(TRPCError, match=r"metadata\.name or metadata\.generateName"):
        await objects.create(make_widget(""))
    no_namespace = Widget(metadata=ObjectMeta(name="x"), spec=WidgetSpec())
    with pytest.raises(TRPCError, match=r"set metadata\.namespace"):
        await objects.create(no_namespace)
    assert api.requests == []


async def test_impersonation_names_the_user_and_each_group(
    api: ApiServer, client: KubeClient
) -> None:
    api.put("x")
    credentials = Impersonated(
        client.server_credentials, "ann", ("dev", "system:masters", "qa")
    )
    await RawObjects(client, credentials).get(INFO, "x", "a")
    headers = api.requests[0][1].headers
    assert headers["Authorization"] == "Bearer t"
    assert headers["Impersonate-User"] == "ann"
    assert headers.getall("Impersonate-Group") == ["dev", "qa"]


@pytest.mark.parametrize("user", ["system:admin", "system:node:x", ""])
def test_the_server_stands_in_for_no_built_in_user(
    client: KubeClient, user: str
) -> None:
    with pytest.raises(TRPCError, match="does not stand in"):
        Impersonated(client.server_credentials, user, ())


async def test_a_refusal_keeps_kubernetes_reason_and_fields(
    api: ApiServer, objects: RawObjects
) -> None:
    cause = {"field": "spec.size", "reason": "FieldValueInvalid", "message": "too big"}
    body = {
        "kind": "Status",
        "code": 422,
        "reason": "Invalid",
        "message": "Widget is invalid",
        "details": {"causes": [cause]},
    }
    api.faults["write"].append(Fault(status=422, body=body))
    with pytest.raises(KubeInvalidError, match="Widget is invalid") as caught:
        await objects.create(make_widget())
    assert caught.value.code == "UNPROCESSABLE_CONTENT"
    assert caught.value.data == {
        "source": "kubernetes",
        "reason": "Invalid",
        "causes": [cause],
    }


@pytest.mark.parametrize(
    ("status", "cls", "code"),
    [
        (400, KubeStatusError, "BAD_REQUEST"),
        (401, KubeUnauthorizedError, "BAD_GATEWAY"),
        (404, KubeNotFoundError, "NOT_FOUND"),
        (409, KubeConflictError, "CONFLICT"),
        (413, KubeStatusError, "PAYLOAD_TOO_LARGE"),
        (500, KubeStatusError, "BAD_GATEWAY"),
        (599, KubeStatusError, "BAD_GATEWAY"),
    ],
)
def test_statuses_become_codes(
    status: int, cls: type[KubeStatusError], code: str
) -> None:
    error = make_status_error(status, b"<html>a proxy's page</html>")
    assert (type(error), error.code) == (cls, code)
    assert "html" not in error.message


@pytest.mark.parametrize(
    "details",
    [
        b'null,"code":null',
        b'{"causes":null}',
        b'{"name":null}',
        b'{"retryAfterSeconds":1.5}',
        b'{"causes":[{"field":7}]}',
        b"[]",
    ],
)
def test_what_a_refusal_says_is_kept_where_its_details_are_odd(details: bytes) -> None:
    body = b'{"kind":"Status","message":"no","reason":"Why","details":%b}' % details
    error = make_status_error(422, body)
    assert (error.message, error.reason, error.causes) == ("no", "Why", ())


def test_an_error_page_that_is_no_text_is_told_by_its_status() -> None:
    error = make_status_error(502, b"\xff\xfe<\x00h\x00")
    assert (error.message, error.code) == (
        "The cluster answered 502 Bad Gateway",
        "BAD_GATEWAY",
    )


async def test_the_address_of_a_server_that_is_not_there_is_told_in_the_log_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    config = ClusterConfig(server="http://127.0.0.1:1")
    async with KubeClient(config, ClientOptions(attempts=1)) as client:
        objects = RawObjects(client, client.server_credentials)
        with pytest.raises(KubeUnreachableError, match="cannot be reached") as caught:
            await objects.get(INFO, "x", "a")
        with pytest.raises(KubeUnreachableError, match="cannot be reached"):
            await objects.get(INFO, "x", "a")
    assert caught.value.code == "SERVICE_UNAVAILABLE"
    assert "127.0.0.1" not in caught.value.message
    (logged,) = caplog.messages  # once for all who meet the same
    assert logged.startswith("http://127.0.0.1:1: The cluster cannot be reached: ")


async def test_what_is_asked_is_not_told_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readline()
        writer.write(b"this is no HTTP\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        config = ClusterConfig(server=f"http://127.0.0.1:{port}")
        async with KubeClient(config, ClientOptions(attempts=1)) as client:
            request = KubeRequest(
                method="GET",
                path="/api/v1/namespaces/a/pods/b/exec",
                credentials=client.server_credentials,
                query={"command": ("login", "pass-word")},
            )
            for call in (client.send(request), client.connect(request, [])):
                with pytest.raises(KubeError, match="no Kubernetes API server"):
                    await call
    assert "ClientResponseError: 400" in caplog.text
    assert "pass-word" not in caplog.text


async def test_an_answer_that_does_not_come_is_a_time_out(api: ApiServer) -> None:
    options = ClientOptions(request_timeout=0.05, attempts=1)
    async with KubeClient(api.config, options) as client:
        with pytest.raises(KubeTimeoutError, match="did not answer in time"):
            await RawObjects(client, client.server_credentials).list_(
                INFO, None, ListOptions(label_selector="stall")
            )


async def test_a_socket_that_does_not_open_is_a_time_out(api: ApiServer) -> None:
    options = ClientOptions(request_timeout=0.05, attempts=1)
    async with KubeClient(api.config, options) as client:
        request = KubeRequest(
            method="GET",
            path=get_collection_path(INFO, None),
            credentials=client.server_credentials,
            query={"labelSelector": "stall"},
        )
        with pytest.raises(KubeTimeoutError, match="did not answer in time") as caught:
            await client.connect(request, ["v5.channel.k8s.io"])
        # The socket itself was given up, not the question why it was refused.
        assert isinstance(caught.value.__cause__, TimeoutError)


async def test_sockets_too_check_the_name_that_the_kubeconfig_gives() -> None:
    async with DevCluster() as cluster:
        config = load_kubeconfig([cluster.kubeconfig_path])
        other = replace(config, tls_server_name="other.example")
        async with KubeClient(other, ClientOptions(attempts=1)) as client:
            request = KubeRequest(
                method="GET",
                path="/api/v1/namespaces/a/pods/p/exec",
                credentials=client.server_credentials,
            )
            with pytest.raises(KubeUnreachableError, match="not trusted"):
                await client.send(request)
            with pytest.raises(KubeUnreachableError, match="not trusted") as caught:
                await client.connect(request, ["v5.channel.k8s.io"])
            cause = caught.value.__cause__
            assert isinstance(cause, aiohttp.ClientConnectorCertificateError)


async def test_a_plugin_that_fails_is_an_error_of_the_cluster_everywhere(
    caplog: pytest.LogCaptureFixture,
) -> None:
    plugin = ExecPlugin(command="no-such-plugin")
    config = ClusterConfig(server="http://127.0.0.1:1", exec_plugin=plugin)
    async with KubeClient(config) as client:
        request = KubeRequest(
            method="GET",
            path=get_object_path(INFO, "x", "a"),
            credentials=client.server_credentials,
        )
        for call in (client.send(request), client.connect(request, [])):
            with pytest.raises(KubeError, match="its log says why") as caught:
                await call
            assert caught.value.code == "BAD_GATEWAY"
    # What stands in the kubeconfig is no business of whoever reads the answer.
    (logged,) = caplog.messages
    assert "the exec plugin 'no-such-plugin' cannot be run" in logged


async def test_a_closed_client_sends_nothing(
    api: ApiServer, client: KubeClient
) -> None:
    await client.aclose()
    with pytest.raises(KubeUnreachableError, match="is closed"):
        await RawObjects(client, client.server_credentials).get(INFO, "x", "a")
    assert api.requests == []


def test_certificates_that_are_none_are_told_at_start() -> None:
    config = ClusterConfig(server="https://127.0.0.1:1", ca=b"-----BEGIN NONSENSE")
    with pytest.raises(KubeConfigError, match="certificates of the kubeconfig"):
        KubeClient(config)


def test_kind_that_is_not_served_is_told_apart_from_an_object() -> None:
    missing = make_status_error(404, b"404 page not found\n")
    assert "does not serve this kind" in missing.message
    named = make_status_error(404, b'{"kind":"Status","message":"pods x not found"}')
    assert named.message == "pods x not found"

"""kubeconfig files and service accounts: what is found, and what is said when it is not."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from fairlead.kube import KubeConfigError
from fairlead.kube.kubeconfig import load_from_env, load_in_cluster, load_kubeconfig


def write(path: Path, **parts: Any) -> Path:
    path.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Config", **parts}))
    return path


def make_parts(
    user: dict[str, Any], cluster: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "current-context": "dev",
        "contexts": [
            {
                "name": "dev",
                "context": {"cluster": "c", "user": "u", "namespace": "team-a"},
            }
        ],
        "clusters": [
            {"name": "c", "cluster": cluster or {"server": "https://c.example/"}}
        ],
        "users": [{"name": "u", "user": user}],
    }


def test_a_context_names_server_namespace_and_token(tmp_path: Path) -> None:
    config = load_kubeconfig([write(tmp_path / "k", **make_parts({"token": "secret"}))])
    assert (config.server, config.namespace, config.token) == (
        "https://c.example",
        "team-a",
        "secret",
    )
    assert "secret" not in repr(config)


def test_certificates_come_inline_or_from_files_beside_the_kubeconfig(
    tmp_path: Path,
) -> None:
    (tmp_path / "ca.crt").write_bytes(b"CA")
    user = {
        "client-certificate-data": base64.b64encode(b"CERT").decode(),
        "client-key-data": base64.b64encode(b"KEY").decode(),
    }
    cluster = {"server": "https://c.example", "certificate-authority": "ca.crt"}
    config = load_kubeconfig([write(tmp_path / "k", **make_parts(user, cluster))])
    assert (config.ca, config.client_certificate, config.client_key) == (
        b"CA",
        b"CERT",
        b"KEY",
    )


def test_of_several_files_the_first_that_names_a_thing_wins(tmp_path: Path) -> None:
    first = write(
        tmp_path / "first",
        **{
            "current-context": "dev",
            "users": [{"name": "u", "user": {"token": "first"}}],
        },
    )
    second = write(tmp_path / "second", **make_parts({"token": "second"}))
    paths = os.pathsep.join([str(first), str(tmp_path / "absent"), str(second)])
    assert load_from_env({"KUBECONFIG": paths}).token == "first"


def test_basic_and_exec_and_tls_settings_are_read(tmp_path: Path) -> None:
    plugin = {
        "command": "./get-token",
        "args": ["--cluster", "c"],
        "env": [{"name": "A", "value": "1"}],
        "apiVersion": "client.authentication.k8s.io/v1beta1",
    }
    cluster = {
        "server": "https://c.example",
        "insecure-skip-tls-verify": True,
        "tls-server-name": "kubernetes",
        "proxy-url": "http://proxy.example:8080",
    }
    user = {"exec": plugin, "username": "ann", "password": "pw"}
    config = load_kubeconfig([write(tmp_path / "k", **make_parts(user, cluster))])
    assert config.insecure
    assert (config.tls_server_name, config.proxy) == (
        "kubernetes",
        "http://proxy.example:8080",
    )
    assert config.basic == ("ann", "pw")
    assert config.exec_plugin is not None
    assert config.exec_plugin.command == str(tmp_path / "get-token")
    assert config.exec_plugin.env == {"A": "1"}


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({}, "no current-context"),
        ({"current-context": "other"}, "no context 'other'"),
        (
            {
                "current-context": "d",
                "contexts": [{"name": "d", "context": {"cluster": "x"}}],
            },
            "no cluster 'x'",
        ),
        (make_parts({}, {"server": "c.example"}), "has no server URL"),
        (make_parts({"auth-provider": {"name": "oidc"}}), "use an exec plugin"),
        (make_parts({"exec": {"args": []}}), "names no command"),
        (make_parts({"client-key-data": "%%%"}), "client-key of the kubeconfig"),
        (make_parts({"client-certificate-data": "QQ=="}), "without its key"),
        (make_parts({"client-key-data": "QQ=="}), "without its certificate"),
        ({**make_parts({}), "users": {"u": {}}}, "users of .* is no list of names"),
        ({**make_parts({}), "clusters": ["c"]}, "clusters of .* is no list of names"),
        (make_parts({}) | {"contexts": [{"name": "dev", "context": "c"}]}, "contexts"),
        (make_parts({"exec": "get-token"}), "exec plugin"),
        (make_parts({"exec": {"command": "a", "env": [{"name": "A"}]}}), "env"),
        (make_parts({"exec": {"command": "a", "env": {"A": "1"}}}), "env"),
        (make_parts({"as": "ann", "as-user-extra": ["a"]}), "as-user-extra"),
    ],
)
def test_what_is_wrong_is_said(
    tmp_path: Path, parts: dict[str, Any], message: str
) -> None:
    with pytest.raises(KubeConfigError, match=message):
        load_kubeconfig([write(tmp_path / "k", **parts)])


@pytest.mark.parametrize("text", ["a: [", "- a list"])
def test_a_file_that_is_no_kubeconfig_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken"
    path.write_text(text)
    with pytest.raises(KubeConfigError, match="broken"):
        load_kubeconfig([path])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KubeConfigError, match="no kubeconfig at"):
        load_kubeconfig([tmp_path / "absent"])


def test_a_pod_uses_its_service_account(tmp_path: Path) -> None:
    for name, text in (("token", "t"), ("ca.crt", "CA"), ("namespace", "portal\n")):
        (tmp_path / name).write_text(text)
    environ = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "6443"}
    config = load_in_cluster(environ, tmp_path)
    assert (config.server, config.namespace) == ("https://[fd00::1]:6443", "portal")
    assert config.token_file == tmp_path / "token"


def test_a_service_account_without_its_authority_is_told(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t")
    with pytest.raises(KubeConfigError, match=r"ca\.crt"):
        load_in_cluster({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, tmp_path)


def test_outside_a_pod_there_is_no_service_account(tmp_path: Path) -> None:
    with pytest.raises(KubeConfigError, match="KUBERNETES_SERVICE_HOST is not set"):
        load_in_cluster({}, tmp_path)

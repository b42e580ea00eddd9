from pathlib import Path

import pytest
from tests.codegen.conftest import Workspace
from tests.codegen.sample_app import App

from fairlead.codegen import check, generate

USE = """
import { createTRPCClient, httpBatchLink } from "@trpc/client";
import type { AppRouter, Pod, RouterOutputs } from "./shared/index.js";
import { procedures, zPod } from "./shared/index.js";

const client = createTRPCClient<AppRouter>({ links: [httpBatchLink({ url: "http://127.0.0.1" })] });

export async function use(): Promise<void> {
  const pods: Pod[] = await client.pods.list.query({ namespace: "a", limit: 2 });
  const address: string | null | undefined = pods[0]?.podIp;
  const none: null = await client.pods.delete.mutate({ name: "a" });
  const made: Pod = await client.pods.create.mutate({ name: "a", phase: "Running" });
  const found: RouterOutputs["search"] = await client.search.query();
  await client.search.query({ q: "x" });
  const greeting: string = await client.hello.query();
  const count: number = await client.pods.containers.count.query({ pod: "a" });
  for await (const line of await client.pods.logs.query({ pod: "a" })) line.toUpperCase();
  client.pods.watch.subscribe({ namespace: "a" }, {
    onData: (event) => event.data.object.name.toUpperCase() + event.id.toUpperCase(),
  });
  // @ts-expect-error the namespace is required
  await client.pods.list.query({});
  // @ts-expect-error no such phase
  await client.pods.create.mutate({ name: "a", phase: "Stopped" });
  const checked: Pod = zPod.parse(made);
  procedures["pods.list"].input.parse({ namespace: "a" });
  void [address, none, found, greeting, count, checked];
}
"""


@pytest.mark.node
@pytest.mark.parametrize("compiler", ["7", "5.9"])
def test_generated_package_type_checks_with_the_official_client(
    workspace: Workspace, compiler: str
) -> None:
    generate(App, workspace.folder / "shared")
    workspace.write("use.ts", USE)
    assert workspace.compile(compiler) == ""


@pytest.mark.node
def test_generated_schemas_load_and_validate_in_node(workspace: Workspace) -> None:
    generate(App, workspace.folder / "shared")
    script = """
    import { procedures, zPodInput } from "./shared/index.js";
    const pod = { name: "a", phase: "Running", children: [{ name: "b", phase: "Pending" }] };
    const deep = { ...pod, children: [{ name: "b", phase: "Lost" }] };
    console.log(zPodInput.safeParse(pod).success, zPodInput.safeParse(deep).success,
      procedures.search.input.safeParse(undefined).success);
    """
    assert workspace.run_node(script).split() == ["true", "false", "true"]


def test_generate_writes_the_same_bytes_twice(tmp_path: Path) -> None:
    first = generate(App, tmp_path / "a")
    assert generate(App, tmp_path / "b").changed == first.changed
    for name in first.changed:
        assert (tmp_path / "a" / name).read_bytes() == (
            tmp_path / "b" / name
        ).read_bytes()
    assert generate(App, tmp_path / "a").changed == []


def test_generated_files_name_no_absolute_path(tmp_path: Path) -> None:
    for name in generate(App, tmp_path).changed:
        text = (tmp_path / name).read_text()
        assert f'"{Path.cwd()}' not in text
        assert f"'{Path.cwd()}" not in text


def test_generate_keeps_the_name_of_the_package(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "@portal/shared"}')
    generate(App, tmp_path)
    assert '"name": "@portal/shared"' in (tmp_path / "package.json").read_text()


def test_check_shows_what_is_stale(tmp_path: Path) -> None:
    generate(App, tmp_path)
    assert check(App, tmp_path) == ""
    types = tmp_path / "router.d.ts"
    types.write_text(types.read_text().replace("limit?: number", "limit?: string"))
    diff = check(App, tmp_path)
    assert "-        limit?: string | null | undefined;" in diff
    assert "+        limit?: number | null | undefined;" in diff


def test_generate_removes_what_it_no_longer_generates(tmp_path: Path) -> None:
    generate(App, tmp_path)
    (tmp_path / "mine.ts").write_text("export {};")
    (tmp_path / "old.js").write_text("export {};")
    manifest = tmp_path / ".fairlead-files"
    manifest.write_text(manifest.read_text() + "old.js\n")
    assert generate(App, tmp_path).changed == ["old.js"]
    assert (tmp_path / "mine.ts").exists()
    assert not (tmp_path / "old.js").exists()

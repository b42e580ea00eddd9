// The official JavaScript client, unmodified: an informer and a command in a pod.
// Arguments: a kubeconfig. Prints one JSON document of what it saw.
import { PassThrough } from "node:stream";
import { CoreV1Api, Exec, KubeConfig, makeInformer } from "@kubernetes/client-node";

const config = new KubeConfig();
config.loadFromFile(process.argv[2]);
const core = config.makeApiClient(CoreV1Api);
const namespace = "default";

const seen = [];
const waiting = [];
function tell(event, value) {
  if (value.metadata.name !== "kube-root-ca.crt") {
    seen.push(`${event} ${value.metadata.name}`);
    for (const check of waiting) {
      check();
    }
  }
}
function until(count) {
  return new Promise((resolve) => {
    const check = () => seen.length >= count && resolve();
    waiting.push(check);
    check();
  });
}

const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, () =>
  core.listNamespacedConfigMap({ namespace }),
);
for (const event of ["add", "update", "delete"]) {
  informer.on(event, (value) => tell(event, value));
}
await informer.start();
const body = { metadata: { name: "node" } };
await core.createNamespacedConfigMap({ namespace, body });
await until(1);
await core.replaceNamespacedConfigMap({
  namespace,
  name: "node",
  body: { ...body, data: { a: "b" } },
});
await until(2);
await core.deleteNamespacedConfigMap({ namespace, name: "node" });
await until(3);
await informer.stop();

const output = new PassThrough();
const chunks = [];
output.on("data", (chunk) => chunks.push(chunk));
const status = await new Promise((resolve, reject) => {
  const input = new PassThrough();
  new Exec(config)
    .exec(namespace, "p", "c", ["sh"], output, output, input, false, resolve)
    .then(() => input.end("echo from node\nexit 3\n"))
    .catch(reject);
});
process.stdout.write(
  JSON.stringify({ seen, output: Buffer.concat(chunks).toString(), status: status.details }),
);
process.exit(0);

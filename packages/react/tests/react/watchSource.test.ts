import { expect, test } from "vitest";
import { createRequest, createTarget } from "../../src/react/watchSource.js";

type Context = Parameters<typeof createRequest>[0];
type Router = { list: { query(): Promise<never> }; watch: { subscribe(): never } };

const target = createTarget(
  {
    apiVersion: "example.com/v1",
    kind: "Widget",
    group: "example.com",
    version: "v1",
    singularName: "widget",
    pluralName: "widgets",
    clusterScoped: false,
  },
  (client: { widgets: { rows: Router } }) => client.widgets.rows as never,
);
const context = { fairlead: { initial: "http" }, queryClient: {}, options: {} } as never as Context;
const scope = { namespace: null, labelSelector: null, fieldSelector: null };

test("a list begins over HTTP; a window does not, its rows are at hand only for the watch", () => {
  expect(createRequest(context, target, scope).source.seed).toBeTypeOf("function");
  const window = { sort: ["name"], limit: 10 };
  expect(createRequest(context, target, { ...scope, window }).source.seed).toBeUndefined();
});

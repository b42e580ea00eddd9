/**
 * Client-side matching of an optimistic object against a watch's selectors, so that a created object
 * shows only in the lists it will belong to. The server stays the judge of what really matches.
 */
import { objectKey, type ResourceObject, type ViewWindow, type WatchInput } from "./wire.js";

export interface Scope {
  readonly namespace: string | null;
  readonly labelSelector: string | null;
  readonly fieldSelector: string | null;
  /** Of a view: a part of its rows, which no selector of the client can tell. */
  readonly window?: ViewWindow | undefined;
}

/** A scope as the server's procedures take it: without what it leaves open. */
export function scopeInput({ window, ...selectors }: Scope): WatchInput & ViewWindow {
  const given = Object.entries(selectors).filter(([, value]) => value !== null);
  return { ...Object.fromEntries(given), ...window };
}

type Requirement = (labels: { readonly [key: string]: string }) => boolean;

/** Splits on commas that are not inside `in (a, b)`. */
function splitRequirements(selector: string): string[] {
  return selector.split(/,(?![^(]*\))/).map((part) => part.trim());
}

function setRequirement(part: string): Requirement | null {
  const match = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(part);
  if (!match) return null;
  const [, key = "", operator, list = ""] = match;
  const values = new Set(list.split(",").map((value) => value.trim()));
  return operator === "in"
    ? (labels) => key in labels && values.has(labels[key] ?? "")
    : (labels) => !(key in labels) || !values.has(labels[key] ?? "");
}

function equalityRequirement(part: string): Requirement | null {
  const match = /^([^!=\s]+)\s*(==|=|!=)\s*(\S*)$/.exec(part);
  if (!match) return null;
  const [, key = "", operator, value = ""] = match;
  return operator === "!=" ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
}

function requirement(part: string): Requirement {
  const parsed = setRequirement(part) ?? equalityRequirement(part);
  if (parsed) return parsed;
  if (part.startsWith("!")) return (labels) => !(part.slice(1).trim() in labels);
  return (labels) => part in labels;
}

function matchesFields(selector: string, object: ResourceObject): boolean {
  return splitRequirements(selector).every((part) => {
    const match = /^metadata\.(name|namespace)\s*==?\s*(\S+)$/.exec(part);
    if (!match) return false;
    const actual = match[1] === "name" ? object.metadata.name : object.metadata.namespace;
    return actual === match[2];
  });
}

export function inScope(scope: Scope, object: ResourceObject): boolean {
  if (scope.window) return false;
  if (scope.namespace !== null && scope.namespace !== (object.metadata.namespace ?? null)) {
    return false;
  }
  const labels = object.metadata.labels ?? {};
  if (
    scope.labelSelector &&
    !splitRequirements(scope.labelSelector).every((part) => requirement(part)(labels))
  ) {
    return false;
  }
  return !scope.fieldSelector || matchesFields(scope.fieldSelector, object);
}

/** Whether a list watch of this scope holds the named object whatever its labels. */
export function coversObject(scope: Scope, namespace: string | null, name: string): boolean {
  if (scope.labelSelector || scope.window) return false;
  if (scope.namespace !== null && scope.namespace !== namespace) return false;
  return (
    !scope.fieldSelector ||
    (scope.fieldSelector === `metadata.name=${name}` &&
      objectKey(scope.namespace, name) === objectKey(namespace, name))
  );
}

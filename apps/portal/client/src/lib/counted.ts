/** A number with its noun, which is given in the plural: "1 branch", "3 branches". */
export function counted(count: number, plural: string): string {
  return `${count} ${count === 1 ? toSingular(plural) : plural}`;
}

/** Plurals as this portal and the names of resources make them. */
function toSingular(plural: string): string {
  if (plural.endsWith("ies")) return `${plural.slice(0, -3)}y`;
  if (/(?:ss|sh|ch|x)es$/.test(plural)) return plural.slice(0, -2);
  return plural.endsWith("s") && !plural.endsWith("ss") ? plural.slice(0, -1) : plural;
}

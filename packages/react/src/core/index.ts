export type { ResourceConfig } from "./wire.js";

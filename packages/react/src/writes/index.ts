/** Optimistic writes, without React. */
export { authoredPart, nameDraft } from "./drafts.js";
export { type FieldError, fieldErrors } from "./fieldErrors.js";
export {
  applyMergePatch,
  createMergePatch,
  type MergeResult,
  mergeThreeWay,
} from "./mergePatch.js";
export {
  type BulkResult,
  type Conflict,
  type PatchVariables,
  ResourceWriter,
  type UpdateVariables,
  type WriterOptions,
  type WriterTarget,
} from "./writer.js";

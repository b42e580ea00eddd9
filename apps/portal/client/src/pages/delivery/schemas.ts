import "@/components/form/zodWithoutEval";

import { z } from "zod";

/** A name that stages and runs put together with others. */
export const zShortName = z
  .string()
  .min(2, "Use at least 2 characters.")
  .max(20, "Use at most 20 characters.")
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "Use lower-case letters, digits and dashes.");

export const zDescription = z.string().max(250, "Use at most 250 characters.");

/** What is deployed, by name: the stream of images of each, and whether it moves on from stage to stage. */
export const zApplications = z
  .record(z.string(), z.object({ stream: z.string().min(1), promote: z.boolean() }))
  .refine((chosen) => Object.keys(chosen).length > 0, "Choose at least one application.");
export type Applications = z.infer<typeof zApplications>;

const zGate = z
  .object({
    qualityGateType: z.enum(["manual", "autotests"]),
    stepName: z.string().min(2, "Use at least 2 characters."),
    autotestName: z.string(),
    branchName: z.string(),
  })
  .refine(({ qualityGateType: type, autotestName }) => type === "manual" || autotestName !== "", {
    path: ["autotestName"],
    message: "Choose the tests.",
  })
  .refine(({ autotestName, branchName }) => autotestName === "" || branchName !== "", {
    path: ["branchName"],
    message: "Choose a branch.",
  });
export type Gate = z.infer<typeof zGate>;

export const zStage = z.object({
  name: zShortName,
  triggerType: z.enum(["Auto", "Manual", "Auto-stable"]),
  qualityGates: z.array(zGate).min(1),
  description: zDescription,
});
export type StageValues = z.infer<typeof zStage>;

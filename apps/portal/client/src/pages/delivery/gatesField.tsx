import type { QualityGate } from "@portal/shared";
import { useCodebaseBranchWatchList, useCodebaseWatchList } from "@portal/shared/hooks";
import { Plus, X } from "lucide-react";
import { type Control, useFieldArray, useWatch } from "react-hook-form";
import { SelectField, TextField } from "@/components/form/field";
import { Button } from "@/components/ui/button";
import { Tooltip } from "@/components/ui/tooltip";
import type { Gate, StageValues } from "./schemas";

export const SOMEBODY_APPROVES: Gate = {
  qualityGateType: "manual",
  stepName: "approve",
  autotestName: "",
  branchName: "",
};

/** Gates as the form has them. */
export function gatesOf(gates: readonly QualityGate[]): Gate[] {
  return gates.map(({ qualityGateType, stepName, autotestName, branchName }) => ({
    qualityGateType,
    stepName,
    autotestName: autotestName ?? "",
    branchName: branchName ?? "",
  }));
}

/** Gates as the cluster has them: only tests have a name and a branch. */
export function toGates(gates: readonly Gate[]): QualityGate[] {
  return gates.map(({ qualityGateType, stepName, autotestName, branchName }) =>
    qualityGateType === "manual"
      ? { qualityGateType, stepName }
      : { qualityGateType, stepName, autotestName, branchName },
  );
}

/** What versions must pass before they move on, one after the other. */
export function GatesField({
  control,
  namespace,
}: {
  control: Control<StageValues>;
  namespace: string;
}) {
  const { fields, append, remove } = useFieldArray({ control, name: "qualityGates" });
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1.5 text-[13px] font-medium">Quality gates</legend>
      {fields.map(({ id }, index) => (
        <div key={id} className="flex items-start gap-2 rounded-lg border p-3">
          <GateFields control={control} namespace={namespace} index={index} />
          {fields.length > 1 ? (
            <Tooltip content="Take this gate away">
              <Button
                variant="ghost"
                size="icon-sm"
                aria-label={`Take gate ${index + 1} away`}
                onClick={() => remove(index)}
              >
                <X />
              </Button>
            </Tooltip>
          ) : null}
        </div>
      ))}
      <Button size="sm" className="self-start" onClick={() => append(SOMEBODY_APPROVES)}>
        <Plus /> Add gate
      </Button>
    </fieldset>
  );
}

function GateFields({
  control,
  namespace,
  index,
}: {
  control: Control<StageValues>;
  namespace: string;
  index: number;
}) {
  const at = `qualityGates.${index}` as const;
  const gate = useWatch({ control, name: at });
  return (
    <div className="grid min-w-0 flex-1 gap-3 sm:grid-cols-2">
      <SelectField
        control={control}
        name={`${at}.qualityGateType`}
        label="Passed when"
        options={[
          { value: "manual", label: "Somebody approves" },
          { value: "autotests", label: "Automatic tests pass" },
        ]}
      />
      <TextField control={control} name={`${at}.stepName`} label="Step" />
      {gate.qualityGateType === "autotests" ? (
        <TestsFields control={control} namespace={namespace} at={at} gate={gate} />
      ) : null}
    </div>
  );
}

function TestsFields({
  control,
  namespace,
  at,
  gate,
}: {
  control: Control<StageValues>;
  namespace: string;
  at: `qualityGates.${number}`;
  gate: Gate;
}) {
  const tests = useCodebaseWatchList({ namespace }).items.filter(
    ({ spec }) => spec.type === "autotest",
  );
  const branches = useCodebaseBranchWatchList({ namespace }).items.filter(
    ({ spec }) => spec.codebaseName === gate.autotestName,
  );
  return (
    <>
      <SelectField
        control={control}
        name={`${at}.autotestName`}
        label="Tests"
        options={toOptions(
          tests.map(({ metadata }) => metadata.name ?? ""),
          gate.autotestName,
        )}
      />
      <SelectField
        control={control}
        name={`${at}.branchName`}
        label="Branch of the tests"
        options={toOptions(
          branches.map(({ spec }) => spec.branchName),
          gate.branchName,
        )}
      />
    </>
  );
}

/** Names to choose from, and what is chosen, even if it is no longer there. */
function toOptions(names: readonly string[], chosen: string) {
  const all = new Set([...names, chosen].filter((name) => name !== ""));
  return [...all].sort().map((name) => ({ value: name, label: name }));
}

import { type ValidationError, validateSync } from "class-validator";
import { type Fault, hasFinder } from "./faults.decorator.js";
import type { UserErrorFields } from "./rejection.js";

function ownFaults({ constraints = {}, contexts = {}, value, target, property }: ValidationError): Fault[] {
  return Object.keys(constraints).flatMap((name): Fault[] => {
    const context: unknown = contexts[name];
    return hasFinder(context)
      ? context.find(value, target ?? {}, property)
      : [{ code: "INVALID", message: `${property} has a wrong shape.` }];
  });
}

function toUserErrors(error: ValidationError, parent: string[]): UserErrorFields[] {
  const field = error.property === undefined ? parent : [...parent, error.property];
  const own = ownFaults(error).map(({ path = [], code, message }) => ({ field: [...field, ...path], code, message }));
  const below = (error.children ?? []).flatMap((child) => toUserErrors(child, field));
  return [...own, ...below];
}

/** All faults of an input at once, one for each field that is wrong. Empty where the input can be used. */
export function validateInput(input: object): UserErrorFields[] {
  const faults = new Map<string, UserErrorFields>();
  for (const fault of validateSync(input).flatMap((error) => toUserErrors(error, []))) {
    const path = JSON.stringify(fault.field);
    if (!faults.has(path)) {
      faults.set(path, fault);
    }
  }
  return [...faults.values()];
}

import { validateInput } from "../../src/schema/validate-input.js";

/** The faults of an input as "CODE path.to.field", sorted: a test compares all of them at once. */
export function faultsOf(input: object): string[] {
  return validateInput(input)
    .map(({ field, code }) => `${code} ${field?.join(".")}`)
    .sort();
}

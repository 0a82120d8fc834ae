import { type Fault, Faults } from "./faults.decorator.js";
import { firstComplaint, printable, type TextRule } from "./text-rules.js";

export function isMissing(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

export function textFaults(text: unknown, field: string, rule: TextRule): Fault[] {
  const complaint = typeof text === "string" ? firstComplaint(printable, rule)(text) : "must be a text";
  return complaint === null ? [] : [{ code: "INVALID", message: `${field} ${complaint}.` }];
}

export function requiredTextFaults(text: unknown, field: string, rule: TextRule): Fault[] {
  if (isMissing(text) || (typeof text === "string" && text.trim() === "")) {
    return [{ code: "REQUIRED", message: `${field} is required.` }];
  }
  return textFaults(text, field, rule);
}

/** A text that must be there. */
export function Required(rule: TextRule): PropertyDecorator {
  return Faults("required", (value, _input, field) => requiredTextFaults(value, field, rule));
}

/** A text that may be left out or null. */
export function Optional(rule: TextRule): PropertyDecorator {
  return Faults("optional", (value, _input, field) => (isMissing(value) ? [] : textFaults(value, field, rule)));
}

/** A text of an update: left out it keeps its value, but it cannot be cleared. */
export function Kept(rule: TextRule): PropertyDecorator {
  return Faults("kept", (value, _input, field) => (value === undefined ? [] : requiredTextFaults(value, field, rule)));
}

/** A part of an input that is no text and must be there. */
export function Present(): PropertyDecorator {
  return Faults("present", (value, _input, field) =>
    isMissing(value) ? [{ code: "REQUIRED", message: `${field} is required.` }] : [],
  );
}

import { type Fault, Faults } from "./faults.decorator.js";
import { requiredTextFaults } from "./presence.decorator.js";
import { id } from "./text-rules.js";

/** A list that is neither empty nor longer than this. */
export function ListLength(max: number): PropertyDecorator {
  return Faults("listLength", (value, _input, field) => {
    if (!Array.isArray(value) || value.length === 0) {
      return [{ code: "REQUIRED", message: `${field} needs at least one entry.` }];
    }
    return value.length > max ? [{ code: "INVALID", message: `${field} takes at most ${max} entries.` }] : [];
  });
}

function idFaults(value: unknown, index: number, all: readonly unknown[], field: string): Fault[] {
  const faults = requiredTextFaults(value, `${field}[${index}]`, id);
  if (faults.length === 0 && all.indexOf(value) < index) {
    faults.push({ code: "INVALID", message: `${field}[${index}] repeats an entry before it.` });
  }
  return faults.map((fault) => ({ ...fault, path: [String(index)] }));
}

/** A list of ids, each usable and none twice. */
export function EachId(): PropertyDecorator {
  return Faults("eachId", (value, _input, field) =>
    Array.isArray(value) ? value.flatMap((entry, index) => idFaults(entry, index, value, field)) : [],
  );
}

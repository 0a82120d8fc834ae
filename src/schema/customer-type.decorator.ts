import type { CustomerType } from "./customer.enum.js";
import { type Fault, Faults } from "./faults.decorator.js";
import { isMissing, requiredTextFaults, textFaults } from "./presence.decorator.js";
import type { TextRule } from "./text-rules.js";

const plural: Record<CustomerType, string> = { INDIVIDUAL: "individuals", BUSINESS: "businesses" };

function typeOf(input: object): unknown {
  return "type" in input ? input.type : undefined;
}

// The provider refuses the whole customer for one field that belongs to the other type.
function otherTypeFaults(value: unknown, field: string, type: CustomerType): Fault[] {
  return isMissing(value) ? [] : [{ code: "INVALID", message: `${field} is for ${plural[type]} only.` }];
}

/** A text that a customer of this type must have and one of the other type must not. */
export function RequiredFor(type: CustomerType, rule: TextRule): PropertyDecorator {
  return Faults("requiredFor", (value, input, field) =>
    typeOf(input) === type ? requiredTextFaults(value, field, rule) : otherTypeFaults(value, field, type),
  );
}

/** A text that a customer of this type may have and one of the other type must not. */
export function OptionalFor(type: CustomerType, rule: TextRule): PropertyDecorator {
  return Faults("optionalFor", (value, input, field) => {
    if (typeOf(input) !== type) {
      return otherTypeFaults(value, field, type);
    }
    return isMissing(value) ? [] : textFaults(value, field, rule);
  });
}

import { registerDecorator } from "class-validator";
import type { UserErrorCode } from "./user-error.enum.js";

export interface Fault {
  code: UserErrorCode;
  /** Names the field and never repeats the value: it may be secret. */
  message: string;
  /** From the decorated field downwards, where a part of it is at fault. */
  path?: string[];
}

export type FindFaults = (value: unknown, input: object, field: string) => Fault[];

/**
 * A rule on a field of an input. class-validator knows only that a field is wrong; the finder in the context also says
 * with which code and where below the field. The name tells the rules of one field apart.
 */
export function Faults(name: string, find: FindFaults): PropertyDecorator {
  return (target, propertyKey) => {
    const field = String(propertyKey);
    registerDecorator({
      name,
      target: target.constructor,
      propertyName: field,
      options: { context: { find } },
      validator: {
        validate: (value, args) => find(value, args?.object ?? {}, field).length === 0,
        // Nobody reads it, but without a message class-validator drops the context.
        defaultMessage: () => name,
      },
    });
  };
}

export function hasFinder(context: unknown): context is { find: FindFaults } {
  return typeof context === "object" && context !== null && "find" in context && typeof context.find === "function";
}

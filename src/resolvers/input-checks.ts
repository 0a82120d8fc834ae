import { GraphQLError } from "graphql";
import type { UserErrorFields } from "../schema/rejection.js";
import { Rejection } from "../schema/rejection.js";
import { validateInput } from "../schema/validate-input.js";

const maxPage = 100;

export function badUserInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: "BAD_USER_INPUT" } });
}

/** How many entries to answer with; an explicit null means the default. */
export function pageSize(first: number | null, byDefault: number): number {
  const size = first ?? byDefault;
  if (size >= 1 && size <= maxPage) return size;
  throw badUserInput(`first must be between 1 and ${maxPage}.`);
}

/** For inputs of queries, which have no payload to carry userErrors. */
export function requireValid<T extends object>(name: string, input: T): T {
  const faults = validateInput(input);
  if (faults.length === 0) return input;
  throw badUserInput(faults.map(({ field, message }) => `${[name, ...(field ?? [])].join(".")}: ${message}`).join(" "));
}

/** A mutation's payload: the result of the work, or the empty one with everything that the caller must mend. */
export async function asPayload<T extends { userErrors: UserErrorFields[] }>(
  input: object,
  empty: Omit<T, "userErrors">,
  work: () => Promise<Omit<T, "userErrors">>,
): Promise<T> {
  const faults = validateInput(input);
  if (faults.length > 0) return { ...empty, userErrors: faults } as T;
  try {
    return { ...(await work()), userErrors: [] as UserErrorFields[] } as T;
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    const replayed = "replayed" in empty ? { replayed: error.isReplayed } : {};
    return { ...empty, ...replayed, userErrors: error.userErrors } as T;
  }
}

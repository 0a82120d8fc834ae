import type { LoggedEntity } from "./tables.js";

/** Which rows a reader may see, and how much of them. */
export interface Visibility {
  /** One tenant's rows, or with null everybody's. */
  readonly tenant: string | null;
  /** Whose entries of the status log; null: all kinds. */
  readonly entities: readonly LoggedEntity[] | null;
  /** Whether account numbers and answers are shown in full. */
  readonly hasPersonalData: boolean;
}

export const everything: Visibility = Object.freeze({ tenant: null, entities: null, hasPersonalData: true });

/** The tenant of what nobody's mutation made. */
export const operatorTenant = "operator";

/** What the text of a query for rows of these names depends on, beside the query itself. */
export function shapeOf(names: readonly string[], { tenant }: Visibility): string {
  return `${tenant === null ? "of all" : "of one"}, ${names.length}`;
}

/** Of a query that asks for the tenant first, and then for the names. */
export function valuesOf(names: readonly string[], { tenant }: Visibility): readonly string[] {
  return tenant === null ? names : [tenant, ...names];
}

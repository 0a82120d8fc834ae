/** Whose rows a reader may see: one tenant's, or with null everybody's. */
export interface Visibility {
  readonly tenant: string | null;
}

export const everything: Visibility = { tenant: null };

/** The tenant of what nobody's mutation made. */
export const operatorTenant = "operator";

import { operatorTenant, type Visibility } from "../store/visibility.js";

/** Whom a call acts for. */
export interface Principal {
  /** Names the caller in logs and in what it made. */
  readonly id: string;
  /** Owner of what the caller makes. */
  readonly tenant: string;
  readonly isOperator: boolean;
}

/** Everyone, while authentication is off. */
export const operator: Principal = Object.freeze({ id: "operator", tenant: operatorTenant, isOperator: true });

export function visibilityOf(principal: Principal): Visibility {
  return { tenant: principal.isOperator ? null : principal.tenant };
}

import { randomUUID } from "node:crypto";
import { isLosslessNumber } from "lossless-json";
import type { FieldErrors } from "./api-error.js";
import { fieldOf, toFields } from "./request-fields.js";

const maxOwners = 5;
const textFields = ["first_name", "last_name", "email", "phone", "date_of_birth", "nationality", "title"];

/** An owner of a business customer, in the wire's spelling. Shares are decimal strings. */
export interface OwnerRecord {
  id: string;
  status: string;
  admin_comments: string[];
  ownership_percentage: string | null;
  [field: string]: string | string[] | null;
}

export function readOwners(value: unknown, errors: FieldErrors): OwnerRecord[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > maxOwners) {
    errors.add("owners", `The owners field must be a list of at most ${maxOwners} items.`);
    return [];
  }
  return value.map((item, position) => {
    const body = toFields(item);
    const owner: OwnerRecord = { id: randomUUID(), status: "PENDING", admin_comments: [], ownership_percentage: null };
    for (const name of textFields) {
      const text = fieldOf(body, name);
      owner[name] = typeof text === "string" ? text : null;
    }
    for (const name of ["first_name", "last_name"]) {
      if (owner[name] === null) errors.required(`owners.${position}.${name}`);
    }
    const share = fieldOf(body, "ownership_percentage");
    if (share !== undefined) owner.ownership_percentage = readShare(share, position, errors);
    return owner;
  });
}

function readShare(share: unknown, position: number, errors: FieldErrors): string | null {
  const text = typeof share === "string" || isLosslessNumber(share) ? share.toString() : "";
  const isShare = /^\d{1,3}(\.\d+)?$/.test(text) && Number(text) <= 100;
  if (!isShare) errors.add(`owners.${position}.ownership_percentage`, "The ownership percentage must be 0 to 100.");
  return isShare ? text : null;
}

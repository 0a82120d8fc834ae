// Headers in one variable, as OpenTelemetry writes them: name=value, separated by commas, values percent-encoded.

import { z } from "zod";

const fault = "must be name=value, several separated by commas, values percent-encoded";
const nameForm = /^[\w!#$%&'*+.^`|~-]+$/;
const valueForm = /^[\t\x20-\x7e]+$/;

export const collectorHeaders = z.string().transform((text, context) => {
  const headers: Record<string, string> = {};
  for (const pair of text.split(",").filter((each) => each.trim() !== "")) {
    const at = pair.indexOf("=");
    const name = pair.slice(0, Math.max(0, at)).trim().toLowerCase();
    const value = decoded(pair.slice(at + 1).trim());
    if (nameForm.test(name) && valueForm.test(value)) headers[name] = value;
    else context.addIssue({ code: "custom", message: fault });
  }
  return headers;
});

/** Empty where it is none. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return "";
  }
}

// Responses that a healthy server would not give.

import type { ServerResponse } from "node:http";

const chunk = Buffer.alloc(64 * 1024, " ");

/** Goes on until the caller hangs up. */
export function answerEndlessly(response: ServerResponse, status: number): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.write('{"message":"');
  const fill = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on("drain", fill);
  response.on("error", () => {});
  fill();
}

/** Promises all of the text, sends half of it, and ends the connection. */
export function cutHalfway(response: ServerResponse, status: number, text: string): void {
  const bytes = Buffer.from(text);
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", "content-length": bytes.length });
  response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
}

/** JSON Merge Patch, RFC 7396: null removes a member, an object is merged, anything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = mergePatch(merged[name], value);
  }
  return merged;
}

/** Numbers of exact JSON are objects of a class of their own. */
function isObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

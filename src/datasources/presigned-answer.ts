// Reads the provider's answer with a pre-signed URL in all the shapes that it is known to take: flat or under `data`,
// with headers as a map or a list. The URL is a credential: an error names places, never a value.

import { validateHeaderName, validateHeaderValue } from "node:http";
import { z } from "zod";
import { garbled, readAs } from "./provider-answer.js";
import { id, text, time } from "./provider-fields.js";

export interface UploadHeader {
  name: string;
  value: string;
}

/** Where one file may be put, once and soon. The URL is a credential: it belongs in no log. */
export interface UploadSlot {
  fileId: string;
  url: string;
  /** What the request has to carry. `Host` is not among them: every HTTP client derives it from the URL. */
  headers: UploadHeader[];
  expiresAt: Date | null;
}

type Pair = readonly [name: string, value: string | readonly string[] | null | undefined];

const value = z.union([text, z.array(text)]).nullish();
const headerMap = z.record(z.string(), value).transform((map): Pair[] => Object.entries(map));
const headerObject = z.object({ name: text, value }).transform((header): Pair[] => [[header.name, header.value]]);
const headerPair = z.tuple([text, value]).transform(([name, value]): Pair[] => [[name, value]]);
const headerList = z.array(z.union([headerPair, headerObject])).transform((list) => list.flat());
const headers = z
  .union([headerList, headerMap])
  .nullish()
  .transform((pairs) => pairs ?? []);

const slot = z.object({ file_id: id, url: text.nullish(), upload_url: text.nullish(), headers, expires_at: time });

export function readUploadSlot(label: string, answer: unknown): UploadSlot {
  const given = readAs(label, slot, slotIn(label, answer));
  const { url: plain, upload_url: named } = given;
  if (plain && named && plain !== named) throw garbled(label, "url and upload_url differ");
  const url = plain || named;
  if (!url) throw garbled(label, "it has neither url nor upload_url");
  if (!URL.canParse(url)) throw garbled(label, `${plain ? "url" : "upload_url"} is not a URL`);
  return {
    fileId: given.file_id,
    url,
    headers: toSendableHeaders(label, given.headers, new URL(url)),
    expiresAt: given.expires_at ?? null,
  };
}

const slotNames = ["file_id", "url", "upload_url"];

/** The root or `data`. Where both describe an upload, nothing says which of them counts. */
function slotIn(label: string, answer: unknown): unknown {
  const nested = isRecord(answer) ? answer.data : undefined;
  if (!isSlot(nested)) return answer;
  if (isSlot(answer)) throw garbled(label, "the root and data both describe an upload");
  return nested;
}

function isSlot(place: unknown): boolean {
  return isRecord(place) && slotNames.some((name) => place[name] !== undefined && place[name] !== null);
}

function toSendableHeaders(label: string, pairs: readonly Pair[], url: URL): UploadHeader[] {
  const byName = new Map<string, UploadHeader>();
  for (const [name, given] of pairs) {
    const values = typeof given === "string" ? [given] : (given ?? []);
    if (values.length === 0) continue;
    const key = name.toLowerCase();
    if (key === "host") {
      if (values.every((host) => isHostOf(host, url))) continue;
      throw garbled(label, "the Host in headers is not the host of the URL");
    }
    const joined = values.join(", ");
    if (!isSendable(name, joined)) throw garbled(label, "headers has a name or a value that HTTP cannot carry");
    const known = byName.get(key);
    if (known && known.value !== joined) throw garbled(label, "headers names a header twice, with different values");
    byName.set(key, { name, value: joined });
  }
  return [...byName.values()];
}

/** In any letter case, with or without the scheme's default port. */
function isHostOf(host: string, { protocol, host: expected }: URL): boolean {
  const isHostOnly = !/[\s/?#@\\]/.test(host);
  return isHostOnly && URL.canParse(`${protocol}//${host}`) && new URL(`${protocol}//${host}`).host === expected;
}

function isSendable(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

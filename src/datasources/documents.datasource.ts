import { validateHeaderName, validateHeaderValue } from "node:http";
import { z } from "zod";
import type { DocumentCategory } from "../schema/document.enum.js";
import { readAs } from "./provider-answer.js";
import type { ProviderClient } from "./provider-client.js";
import { id, text, time, underData } from "./provider-fields.js";

/** Where one file may be put, once and soon. The URL is a credential: it belongs in no log. */
export interface UploadSlot {
  fileId: string;
  url: string;
  headers: { name: string; value: string }[];
  expiresAt: Date | null;
}

const header = z.object({ name: text, value: text });

const headers = z
  .union([
    z.array(z.union([header, z.tuple([text, text]).transform(([name, value]) => ({ name, value }))])),
    z.record(z.string(), text).transform((record) => Object.entries(record).map(([name, value]) => ({ name, value }))),
  ])
  .nullish()
  .refine((list) => (list ?? []).every(isSendable), "Expected headers that HTTP can carry.");

const uploadUrl = z.string().refine((url) => URL.canParse(url), "Expected a URL.");

const presigned = underData(
  z
    .object({ file_id: id, url: uploadUrl.nullish(), upload_url: uploadUrl.nullish(), headers, expires_at: time })
    .refine((slot) => Boolean(slot.url ?? slot.upload_url), { path: ["url"] }),
);

export class DocumentsDataSource {
  readonly #provider: ProviderClient;

  constructor(provider: ProviderClient) {
    this.#provider = provider;
  }

  async requestUpload(
    customerId: string,
    category: DocumentCategory,
    file: { fileName: string; contentType: string },
  ): Promise<UploadSlot> {
    const path = "/file/get-presigned-url";
    const answer = await this.#provider.post(path, {
      customer_id: customerId,
      file_category: category.toLowerCase(),
      // Only the oldest version asks for these two, the others ignore them.
      file_name: file.fileName,
      file_type: file.contentType,
    });
    const slot = readAs(`POST ${path}`, presigned, answer);
    return {
      fileId: slot.file_id,
      url: slot.url ?? slot.upload_url ?? "",
      headers: slot.headers ?? [],
      expiresAt: slot.expires_at ?? null,
    };
  }
}

function isSendable({ name, value }: { name: string; value: string }): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}

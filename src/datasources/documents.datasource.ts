import type { DocumentCategory } from "../schema/document.enum.js";
import { readUploadSlot, type UploadSlot } from "./presigned-answer.js";
import type { ProviderClient } from "./provider-client.js";

export type { UploadSlot } from "./presigned-answer.js";

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
    return readUploadSlot(`POST ${path}`, answer);
  }
}

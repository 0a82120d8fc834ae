import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { refused, refusedWithFlag } from "./api-error.js";
import type { ById } from "./customer.routes.js";
import type { CustomerReview } from "./customer-review.js";
import type { CustomerRecord, Customers, FileSlot } from "./customers.js";
import { categoryOfSlot, type FileCategory, type Files, fileCategories } from "./files.js";
import { inShape, type PresignedHeaderShape, signedHeadersOf } from "./presigned-headers.js";
import { type Fields, fieldOf, toFields } from "./request-fields.js";

/** Checked when a file is attached: the storage itself takes anything. */
const maxFileBytes = 25 * 1024 * 1024;
const fileTypes = ["application/pdf", "image/jpeg", "image/png"];

export interface FileRouteParts {
  customers: Customers;
  files: Files;
  review: CustomerReview;
  presignLifeMs: number;
  presignedHeaders: () => PresignedHeaderShape;
  /** Where the storage is reached; known once the server listens. */
  storageUrl: () => string;
}

export function registerFileRoutes(app: FastifyInstance, parts: FileRouteParts): void {
  const { customers, files, review } = parts;

  app.post("/file/get-presigned-url", { config: { scope: "file:upload" } }, async (request) => {
    const body = toFields(request.body);
    const customerId = fieldOf(body, "customer_id");
    const category = fieldOf(body, "file_category");
    if (typeof customerId !== "string" || !isFileCategory(category)) throw refused(400, "Invalid request parameters");
    const customer = customers.get(customerId);
    if (customer.type !== "individual") throw refused(400, "File uploads are for individual customers only");
    const fileType = fieldOf(body, "file_type");
    const contentType = typeof fileType === "string" && /^[\w.+-]+\/[\w.+-]+$/.test(fileType) ? fileType : undefined;
    const shape = parts.presignedHeaders();
    const signed = { Host: new URL(parts.storageUrl()).host, ...signedHeadersOf(shape, contentType) };
    const file = files.reserve(customer.id, category, signed, parts.presignLifeMs);
    const headers = inShape(shape, file.headers);
    return {
      message: "Upload URL generated successfully",
      file_id: file.id,
      url: `${parts.storageUrl()}/${file.id}?${file.query}`,
      ...(headers === undefined ? {} : { headers }),
    };
  });

  const attach = async (request: FastifyRequest<ById>, reply: FastifyReply) => {
    const customer = customers.get(request.params.id);
    const sent = readSlots(toFields(request.body), customer, files);
    const isReviewStarting = customer.type === "individual" && sent.id_file !== undefined;
    if (customer.status === "PROCESSING") throw refusedWithFlag(400, "Customer verification is in progress");
    if (customer.status === "VERIFIED" && isReviewStarting) {
      throw refusedWithFlag(400, "Customer is already verified");
    }
    const attached = { ...customer, files: { ...customer.files, ...sent } };
    if (isReviewStarting) review.start(attached);
    else customers.save(attached);
    return reply.send({ message: "Customer files uploaded successfully" });
  };
  app.post<ById>("/customer/:id/files", { config: { scope: "customer:write" } }, attach);
  app.put<ById>("/customer/:id/files", { config: { scope: "customer:write" } }, attach);
}

function readSlots(body: Fields, customer: CustomerRecord, files: Files): CustomerRecord["files"] {
  const sent: CustomerRecord["files"] = {};
  for (const [slot, category] of Object.entries(categoryOfSlot) as [FileSlot, FileCategory][]) {
    const fileId = fieldOf(body, slot);
    if (fileId === undefined) continue;
    const label = slot.replaceAll("_", " ");
    const file = typeof fileId === "string" ? files.find(fileId) : undefined;
    if (file === undefined || file.customerId !== customer.id || file.category !== category) {
      throw refusedWithFlag(400, `The selected ${label} is invalid.`);
    }
    if (file.object === undefined) throw refusedWithFlag(400, `The ${label} has not been uploaded.`);
    if (file.object.size === 0) throw refusedWithFlag(400, `The ${label} is empty.`);
    if (file.object.size > maxFileBytes) throw refusedWithFlag(400, `The ${label} must not be greater than 25 MB.`);
    if (!fileTypes.includes(file.object.contentType)) {
      throw refusedWithFlag(400, `The ${label} must be a file of type: pdf, jpeg, png.`);
    }
    sent[slot] = file.id;
  }
  if (Object.keys(sent).length === 0) throw refusedWithFlag(400, "Invalid request parameters");
  return sent;
}

function isFileCategory(value: unknown): value is FileCategory {
  return (fileCategories as readonly unknown[]).includes(value);
}

import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { FileRecord, Files } from "./files.js";

interface Refusal {
  status: number;
  code: string;
  message: string;
}

const accessDenied: Refusal = { status: 403, code: "AccessDenied", message: "Access Denied" };
const incomplete: Refusal = { status: 400, code: "IncompleteBody", message: "The body ended before its length." };

interface PutObject {
  Params: { id: string };
}

/** The object store behind the pre-signed URLs. It hashes what streams in and keeps no bytes. */
export function registerStorageRoutes(app: FastifyInstance, files: Files): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, body, done) => done(null, body));
  app.setErrorHandler((_error, _request, reply) => refuse(reply, incomplete));

  // As a bucket is set up for uploads from pages: the URL itself is the permission, whatever the origin.
  app.addHook("onRequest", async (_request, reply) => {
    reply.header("access-control-allow-origin", "*");
  });
  app.options("/storage/*", async (_request, reply) =>
    reply.headers({ "access-control-allow-methods": "PUT", "access-control-allow-headers": "*" }).code(204).send(),
  );

  app.put<PutObject>("/storage/:id", async (request, reply) => {
    const file = files.find(request.params.id);
    const refusal = refusalOf(request, file);
    if (refusal !== undefined || file === undefined) return refuse(reply, refusal ?? accessDenied);

    const sha256 = createHash("sha256");
    const md5 = createHash("md5");
    let size = 0;
    for await (const chunk of (request.body ?? []) as Readable) {
      sha256.update(chunk);
      md5.update(chunk);
      size += chunk.length;
    }
    if (size !== Number(request.headers["content-length"])) return refuse(reply, incomplete);
    const contentType = request.headers["content-type"] ?? "binary/octet-stream";
    const isFirst = files.store(file.id, { size, sha256: sha256.digest("hex"), contentType });
    if (!isFirst) return refuse(reply, accessDenied);
    return reply.header("etag", `"${md5.digest("hex")}"`).send();
  });

  app.route({
    method: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
    url: "/storage/*",
    handler: async (_request, reply) => refuse(reply, accessDenied),
  });
}

function refusalOf(request: FastifyRequest, file: FileRecord | undefined): Refusal | undefined {
  const { headers } = request;
  if (headers.authorization !== undefined || headers["x-blaaiz-api-key"] !== undefined) {
    return { status: 400, code: "InvalidArgument", message: "Only one auth mechanism allowed" };
  }
  if (headers["content-length"] === undefined) {
    return { status: 411, code: "MissingContentLength", message: "You must provide the Content-Length HTTP header." };
  }
  if (file === undefined) return accessDenied;
  const isUnsigned = request.url.split("?")[1] !== file.query;
  const isOtherHeader = Object.entries(file.headers).some(([name, value]) => headers[name.toLowerCase()] !== value);
  if (isUnsigned || isOtherHeader) {
    return { status: 403, code: "SignatureDoesNotMatch", message: "The signature does not match the request." };
  }
  if (Date.now() >= file.expiresAt) return { ...accessDenied, message: "Request has expired" };
  return file.object === undefined ? undefined : accessDenied;
}

function refuse(reply: FastifyReply, { status, code, message }: Refusal): FastifyReply {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return reply.code(status).type("application/xml").send(xml);
}

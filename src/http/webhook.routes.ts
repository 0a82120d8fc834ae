import type { OutgoingHttpHeaders } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { usualJson } from "./media-types.js";
import { throwFault } from "./short-way.js";
import { putOff, type WebhookDoor } from "./webhook-door.js";
import type { WebhookLane } from "./webhook-lane.js";

const maxBodyBytes = 1_000_000;

/** Both of the provider's webhook URLs lead here. */
export async function webhookRoutes(
  app: FastifyInstance,
  { door, lane }: { door: WebhookDoor; lane: WebhookLane },
): Promise<void> {
  // The signature is over the bytes as they came: nothing may be parsed before it was checked.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

  const admit = async (request: FastifyRequest, reply: FastifyReply) => {
    throwFault(request.raw);
    // What is signed as agreed is read as JSON, whatever type it claims, and the framework rejects types that are none.
    request.raw.headers["content-type"] = usualJson;
    if (door.enter(reply.raw)) return;
    const { status, body, retryAfterSeconds } = putOff;
    return reply.code(status).headers({ "retry-after": retryAfterSeconds, connection: "close" }).send(body);
  };

  app.post(
    "/webhooks",
    { bodyLimit: maxBodyBytes, onRequest: admit },
    async (request: FastifyRequest<{ Body: Buffer }>, reply) => {
      const received = await door.receive(request.raw, request.body ?? Buffer.alloc(0), request.id);
      const { status, body, retryAfterSeconds } = received;
      if (status === 200) lane.learn({ ...(reply.getHeaders() as OutgoingHttpHeaders), "content-type": usualJson });
      if (retryAfterSeconds !== undefined) reply.header("retry-after", retryAfterSeconds);
      return reply.code(status).send(body);
    },
  );

  app.route({
    method: ["GET", "PUT", "PATCH", "DELETE"],
    url: "/webhooks",
    // Answered before a body is read, so that its type is of no account.
    onRequest: async (_request, reply) => reply.code(405).header("allow", "POST").send({ received: false }),
    handler: async () => undefined,
  });
}

import type { FastifyInstance, FastifyRequest } from "fastify";
import type { WebhookReceiver } from "../webhooks/receive-webhook.js";

const maxBodyBytes = 1_000_000;

/** Both of the provider's webhook URLs lead here. The answer tells nothing but whether the delivery has to be repeated. */
export async function webhookRoutes(app: FastifyInstance, { receiver }: { receiver: WebhookReceiver }): Promise<void> {
  // The signature is over the bytes as they came: nothing may be parsed before it was checked.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

  app.post("/webhooks", { bodyLimit: maxBodyBytes }, async (request: FastifyRequest<{ Body: Buffer }>, reply) => {
    const outcome = await receiver.receive({
      rawBody: request.body ?? Buffer.alloc(0),
      signature: headerOf(request, "x-blaaiz-signature"),
      timestamp: headerOf(request, "x-blaaiz-timestamp"),
    });
    return reply.code(outcome === "REFUSED" ? 401 : 200).send({ received: outcome !== "REFUSED" });
  });
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? undefined : value;
}

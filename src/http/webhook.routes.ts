import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { WebhookReceiver } from "../webhooks/receive-webhook.js";

const maxBodyBytes = 1_000_000;
// The provider repeats what is put off: a flood of deliveries takes no more than this from everybody else.
const maxUnderWay = 100;
const retryAfterSeconds = 5;

/** Both of the provider's webhook URLs lead here. The answer tells nothing but whether the delivery has to be repeated. */
export async function webhookRoutes(app: FastifyInstance, { receiver }: { receiver: WebhookReceiver }): Promise<void> {
  // The signature is over the bytes as they came: nothing may be parsed before it was checked.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

  let underWay = 0;
  const admit = async (_request: FastifyRequest, reply: FastifyReply) => {
    if (underWay >= maxUnderWay) {
      return reply
        .code(503)
        .headers({ "retry-after": retryAfterSeconds, connection: "close" })
        .send({ received: false });
    }
    underWay += 1;
    reply.raw.once("close", () => {
      underWay -= 1;
    });
  };

  app.post(
    "/webhooks",
    { bodyLimit: maxBodyBytes, onRequest: admit },
    async (request: FastifyRequest<{ Body: Buffer }>, reply) => {
      const delivery = {
        rawBody: request.body ?? Buffer.alloc(0),
        signature: headerOf(request, "x-blaaiz-signature"),
        timestamp: headerOf(request, "x-blaaiz-timestamp"),
      };
      try {
        const outcome = await receiver.receive(delivery);
        return reply.code(outcome === "REFUSED" ? 401 : 200).send({ received: outcome !== "REFUSED" });
      } catch (error) {
        // It could not be stored: whoever sent it has to send it again.
        request.log.error({ err: error, requestId: request.id }, "webhook could not be stored");
        return reply.code(503).header("retry-after", retryAfterSeconds).send({ received: false });
      }
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

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? undefined : value;
}

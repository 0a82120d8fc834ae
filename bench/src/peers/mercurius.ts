// Mercurius with its compiler on, from memory.

import fastify from "fastify";
import mercurius from "mercurius";
import { serveCalls } from "../workers/serve-calls.js";
import { memorySchema } from "./memory-schema.js";

serveCalls({
  start: async () => {
    const app = fastify();
    // Compiled when first met.
    await app.register(mercurius, { schema: memorySchema(), jit: 1, graphiql: false });
    return `${await app.listen({ host: "127.0.0.1", port: 0 })}/graphql`;
  },
});

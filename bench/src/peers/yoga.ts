// GraphQL Yoga with graphql-jit, from memory. It keeps parsed and validated documents by itself.

import { createServer } from "node:http";
import { useGraphQlJit } from "@envelop/graphql-jit";
import { createYoga } from "graphql-yoga";
import { serveCalls } from "../workers/serve-calls.js";
import { listen } from "./listen.js";
import { memorySchema } from "./memory-schema.js";

serveCalls({
  start: async () => {
    const yoga = createYoga({
      schema: memorySchema(),
      plugins: [useGraphQlJit()],
      logging: false,
      graphiql: false,
      landingPage: false,
    });
    return `${await listen(createServer(yoga))}/graphql`;
  },
});

// Hive Gateway in front of the naive gateway, its response cache on: once the cache is warm nobody behind it is asked.

import { createServer } from "node:http";
import { createGatewayRuntime } from "@graphql-hive/gateway-runtime";
import InMemoryLRUCache from "@graphql-mesh/cache-inmemory-lru";
import { serveCalls } from "../workers/serve-calls.js";
import { listen } from "./listen.js";

const keptMs = 3_600_000;
// More than all answers and the objects in them, so that nothing is dropped.
const maxEntries = 100_000;

serveCalls({
  start: async ({ endpoint }: { endpoint: string }) => {
    const gateway = createGatewayRuntime({
      proxy: { endpoint },
      cache: new InMemoryLRUCache({ max: maxEntries }),
      responseCaching: { session: () => null, ttl: keptMs },
      logging: false,
      graphiql: false,
      landingPage: false,
    });
    return `${await listen(createServer(gateway))}/graphql`;
  },
});

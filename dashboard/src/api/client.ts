import { Client, cacheExchange, fetchExchange, mapExchange } from "urql";
import { stream } from "../live/use-stream";
import { authorization } from "../session/credential";

export const client = new Client({
  url: "/graphql",
  preferGetMethod: false,
  requestPolicy: "cache-and-network",
  fetchOptions: () => ({ headers: { ...authorization(), "apollo-require-preflight": "true" } }),
  exchanges: [
    cacheExchange,
    mapExchange({
      onError: (error) => {
        const refusal = error.graphQLErrors.find(({ extensions }) => extensions?.code === "UNAUTHENTICATED");
        if (refusal) stream.signOut(refusal.message);
      },
    }),
    fetchExchange,
  ],
});

import type { ApolloServerPlugin } from "@apollo/server";
import type { GraphQLSchema } from "graphql";
import { needsOf, requireScopes } from "../access/operation-needs.js";
import type { RequestContext } from "../resolvers/request-context.js";

/** Refuses an operation before any of it is run. */
export function checkScopes(schema: GraphQLSchema): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ document, operation, contextValue }) => {
        // Without one the executor says that the document has none by that name.
        if (operation) requireScopes(contextValue.principal, needsOf(schema, document, operation));
      },
    }),
  };
}

import type { ApolloServerPlugin } from "@apollo/server";
import { GraphQLError, type GraphQLSchema } from "graphql";
import { AccessError } from "../access/access-error.js";
import { needsOf, requireScopes } from "../access/operation-needs.js";
import type { RequestContext } from "../resolvers/request-context.js";

/** Refuses an operation before any of it is run. */
export function checkScopes(schema: GraphQLSchema): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ document, operation, contextValue }) => {
        const { principal, audit, requestId } = contextValue;
        try {
          // Without one the executor says that the document has none by that name.
          if (operation) requireScopes(principal, needsOf(schema, document, operation), audit, requestId);
        } catch (error) {
          if (!(error instanceof AccessError)) throw error;
          // Apollo takes every other error for a fault of the server's own.
          throw new GraphQLError(error.message, { extensions: { code: error.code, http: { status: 403 } } });
        }
      },
    }),
  };
}

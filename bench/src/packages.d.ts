// What the bench uses of packages that are not the product's, in words of its own: its sources are checked with the
// product's, where they are not installed.

declare module "undici" {
  export interface DispatchOptions {
    path: string;
    method: "POST" | "PUT";
    headers: Record<string, string>;
    body: string | Uint8Array;
  }
  export namespace Dispatcher {
    interface DispatchHandler {
      onRequestStart(controller: unknown, context: unknown): void;
      onResponseStart(controller: unknown, statusCode: number): void;
      onResponseData(controller: unknown, chunk: Buffer): void;
      onResponseEnd(): void;
      onResponseError(controller: unknown, error: Error): void;
    }
  }
  export class Pool {
    constructor(
      origin: string,
      options: { connections: number; pipelining: number; headersTimeout: number; bodyTimeout: number },
    );
    dispatch(options: DispatchOptions, handler: Dispatcher.DispatchHandler): boolean;
    close(): Promise<void>;
    destroy(): Promise<void>;
  }
}

declare module "mercurius" {
  import type { FastifyPluginAsync } from "fastify";
  import type { GraphQLSchema } from "graphql";

  const mercurius: FastifyPluginAsync<{ schema: GraphQLSchema; jit: number; graphiql: false }>;
  export default mercurius;
}

declare module "graphql-yoga" {
  import type { RequestListener } from "node:http";
  import type { GraphQLSchema } from "graphql";
  export interface YogaOptions {
    schema: GraphQLSchema;
    plugins: unknown[];
    logging: false;
    graphiql: false;
    landingPage: false;
  }
  export function createYoga(options: YogaOptions): RequestListener;
}

declare module "@envelop/graphql-jit" {
  export function useGraphQlJit(): unknown;
}

declare module "@graphql-hive/gateway-runtime" {
  import type { RequestListener } from "node:http";
  export interface ProxyOptions {
    proxy: { endpoint: string };
    cache: unknown;
    responseCaching: { session: () => null; ttl: number };
    logging: false;
    graphiql: false;
    landingPage: false;
  }
  export function createGatewayRuntime(options: ProxyOptions): RequestListener;
}

declare module "@apollo/datasource-rest" {
  export class RESTDataSource {
    constructor(options: { cache: unknown });
    baseURL?: string;
    protected get<T>(path: string, request?: { params: Record<string, string> }): Promise<T>;
  }
}

declare module "@graphql-mesh/cache-inmemory-lru" {
  export default class InMemoryLRUCache {
    constructor(options: { max: number });
  }
}

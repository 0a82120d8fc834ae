// Apollo Server and type-graphql over REST, as most people write it: Apollo's standalone server and REST data source, one
// call to the provider for each field that needs one, nothing batched and nothing kept.

import "reflect-metadata";
import { RESTDataSource } from "@apollo/datasource-rest";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { Arg, buildSchema, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from "type-graphql";
import { serveCalls } from "../workers/serve-calls.js";
import { Customer, CustomerConnection, Payout, PayoutConnection } from "./naive-schema.js";

class ProviderApi extends RESTDataSource {
  override baseURL: string;

  constructor(url: string, cache: ApolloServer["cache"]) {
    super({ cache });
    this.baseURL = url;
  }

  customers(limit: number): Promise<Customer[]> {
    return this.get("customers", { params: { limit: String(limit) } });
  }

  customer(id: string): Promise<Customer> {
    return this.get(`customers/${encodeURIComponent(id)}`);
  }

  payoutsOf(customerId: string, limit: number): Promise<Payout[]> {
    return this.get(`customers/${encodeURIComponent(customerId)}/payouts`, { params: { limit: String(limit) } });
  }

  payout(id: string): Promise<Payout> {
    return this.get(`payouts/${encodeURIComponent(id)}`);
  }
}

interface Context {
  api: ProviderApi;
}

@Resolver(() => Customer)
class CustomerResolver {
  @Query(() => Customer)
  customer(@Arg("id", () => ID) id: string, @Ctx() { api }: Context) {
    return api.customer(id);
  }

  @Query(() => CustomerConnection)
  async customers(@Arg("first", () => Int) first: number, @Ctx() { api }: Context) {
    return { nodes: await api.customers(first) };
  }

  @FieldResolver(() => PayoutConnection)
  async payouts(@Root() { id }: Customer, @Arg("first", () => Int) first: number, @Ctx() { api }: Context) {
    return { nodes: await api.payoutsOf(id, first) };
  }
}

@Resolver(() => Payout)
class PayoutResolver {
  @Query(() => Payout)
  payout(@Arg("id", () => ID) id: string, @Ctx() { api }: Context) {
    return api.payout(id);
  }

  @FieldResolver(() => Customer)
  customer(@Root() { customerId }: Payout, @Ctx() { api }: Context) {
    return api.customer(customerId);
  }
}

serveCalls({
  start: async ({ restUrl }: { restUrl: string }) => {
    const schema = await buildSchema({ resolvers: [CustomerResolver, PayoutResolver], validate: false });
    // The gateway in front of it asks for its schema.
    const server = new ApolloServer<Context>({ schema, introspection: true });
    const { url } = await startStandaloneServer(server, {
      listen: { host: "127.0.0.1", port: 0 },
      context: async () => ({ api: new ProviderApi(restUrl, server.cache) }),
    });
    return url;
  },
});

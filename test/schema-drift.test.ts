import "reflect-metadata";
import { lexicographicSortSchema, printSchema } from "graphql";
import { buildGatewaySchema } from "../src/resolvers/build-schema.js";
import { readPage } from "./support/markdown-blocks.js";

test("schema.graphql is what the classes print: `npm run schema` writes it anew", async () => {
  expect(readPage("schema.graphql")).toBe(`${printSchema(lexicographicSortSchema(await buildGatewaySchema()))}\n`);
});

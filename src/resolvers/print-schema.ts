// Prints the schema as it is built from the classes: `npm run schema`.

import "reflect-metadata";
import { writeFileSync } from "node:fs";
import { lexicographicSortSchema, printSchema } from "graphql";
import { buildGatewaySchema } from "./build-schema.js";

const [file = "schema.graphql"] = process.argv.slice(2);
writeFileSync(file, `${printSchema(lexicographicSortSchema(await buildGatewaySchema()))}\n`);

// What the engine compiled at the build is used at the start, and done without where it is not there.

import { execFile } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildGateway } from "./support/built-gateway.js";

const look = `
  const { script } = await import(process.argv[1]);
  console.log("refused:", script.cachedDataRejected);
`;

test("a built gateway starts from what was compiled at the build, or compiles anew", async () => {
  const build = await buildGateway();
  const program = join(build.directory, "dist/index.js");
  const env = { PORT: "none" };
  // The mistake in the settings ends it at once.
  const said = () =>
    promisify(execFile)(process.execPath, ["--input-type=module", "-e", look, program], { env }).then(
      ({ stdout }) => stdout,
      ({ stdout }) => stdout,
    );
  expect(await said()).toContain("refused: false");
  const bundled = join(build.directory, "dist/bundled");
  const kept = (await readdir(bundled)).filter((name) => name.endsWith(".cache"));
  expect(kept).toHaveLength(1);
  await rm(join(bundled, kept[0]!));
  expect(await said()).toContain("refused: undefined");
  const running = build.run("index.js", { PORT: "0", SANDBOX_PORT: "0", DATABASE_URL: "sqlite::memory:" });
  await running.printed(/GraphQL API/);
  expect((await running.stop()).exitCode).toBe(0);
  await build.remove();
});

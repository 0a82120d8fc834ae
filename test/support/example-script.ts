// An example that is run in a terminal.

import { execFile } from "node:child_process";

export interface ScriptResult {
  exitCode: number;
  output: string;
  errors: string;
}

/** `onOutput` gets all that was printed so far. */
export function runExample(
  command: string,
  args: string[],
  environment: Record<string, string>,
  onOutput: (output: string) => void = () => {},
): Promise<ScriptResult> {
  const { PATH = "", TMPDIR } = process.env;
  // Nothing else of the environment in which the tests run gets through.
  const env = { PATH, ...(TMPDIR ? { TMPDIR } : {}), ...environment };
  return new Promise((resolve) => {
    const script = execFile(command, args, { env, timeout: 60_000 }, (error, output, errors) =>
      resolve({ exitCode: error ? Number(error.code ?? -1) : 0, output, errors }),
    );
    let soFar = "";
    script.stdout?.on("data", (text: string) => {
      soFar += text;
      onOutput(soFar);
    });
  });
}

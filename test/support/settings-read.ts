// The names of the variables that the gateway and the sandbox read.

import { variables } from "../../src/config-page.js";

export const settingsRead = new Set(
  variables().flatMap(({ name, hasFile }) => (hasFile ? [name, `${name}_FILE`] : [name])),
);

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The gateway sends these as they are: nothing is compressed while somebody waits. */
const compressed = {
  name: "compressed",
  writeBundle({ dir }) {
    for (const name of readdirSync(join(dir, "assets"))) {
      const path = join(dir, "assets", name);
      const bytes = readFileSync(path);
      writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
    }
  },
};

export default defineConfig({
  plugins: [react(), compressed],
  build: {
    outDir: "../dist/dashboard",
    emptyOutDir: true,
    // A picture in the page would be one that the content security policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_000,
  },
});

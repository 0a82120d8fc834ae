import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Vite leaves a NODE_ENV that is set as it is, and with any value but this one React comes in its development build.
// biome-ignore lint/style/noProcessEnv: Vite has no other setting for it
process.env.NODE_ENV = "production";

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

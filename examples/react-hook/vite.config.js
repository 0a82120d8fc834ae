import { defineConfig } from "vite";

// biome-ignore lint/style/noProcessEnv: where the gateway runs
const target = process.env.GATEWAY_URL || "http://127.0.0.1:4000";

export default defineConfig({
  server: { host: "127.0.0.1", port: 5173, proxy: { "/graphql": { target, ws: true } } },
});

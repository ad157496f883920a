# The bridge as an image: sources and locked dependencies, run as they are in a checkout; bundled beforehand, as the bridge may not write there.
FROM node:22-bookworm-slim AS sources
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json ./
COPY chaincode/package.json chaincode/
RUN npm ci --omit=dev --no-audit --no-fund
COPY bin bin
COPY scripts/build.mjs scripts/bundle.mjs scripts/
COPY chaincode chaincode
COPY mappings mappings
COPY src src
COPY fixtures fixtures
RUN bin/mooring --version

# Sets up the Fabric network of docker-compose.yaml, with the tools of Fabric's own image.
FROM sources AS fabric
COPY --from=hyperledger/fabric-tools:2.5.9 \
  /usr/local/bin/peer /usr/local/bin/osnadmin /usr/local/bin/configtxgen /usr/local/bin/cryptogen \
  /opt/fabric/bin/
COPY --from=hyperledger/fabric-tools:2.5.9 \
  /etc/hyperledger/fabric/core.yaml /etc/hyperledger/fabric/orderer.yaml \
  /opt/fabric/config/
COPY fabric fabric
ENV FABRIC_TOOLS=/opt/fabric

# The bridge, and the contract beside a peer.
FROM sources
RUN mkdir -p /data && chown node:node /data
USER node
ENV MOORING_DATA_DIR=/data MOORING_HOST=0.0.0.0
VOLUME /data
EXPOSE 8080 2575
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/health/ready').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["bin/mooring", "serve"]

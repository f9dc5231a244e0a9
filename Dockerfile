# A small image without a shell: the one executable, the C library, certificates, time zones.
#
#   docker build -t linli:0.1.0 .
FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --bin linli \
    && install -D target/release/linli /out/linli \
    && mkdir /out/data /out/keys

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /out/linli /usr/local/bin/linli
COPY seeds /seeds
# Volumes that are mounted here for the first time become this user's.
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build --chown=65532:65532 /out/keys /keys
USER 65532:65532
WORKDIR /
ENV LINLI_DATA=/data LINLI_LISTEN=0.0.0.0:8080
EXPOSE 8080
# There is no shell or curl to ask with: the program itself asks its own server.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["/usr/local/bin/linli", "status", "--ready"]
ENTRYPOINT ["/usr/local/bin/linli"]
CMD ["serve"]
